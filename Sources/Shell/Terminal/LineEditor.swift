import CEditline
import Glibc

/// What the line editor asks while a line is typed.
package protocol LineEditorDelegate: AnyObject {
  /// Whether Enter runs the text or opens a further line.
  func isComplete(_ text: String) -> Bool
  /// What Tab may put before the cursor.
  func completions(of text: String, at cursor: Int) -> Completions
}

/// A prompt with libedit behind it.
///
/// There is one, on one thread: libedit keeps static state.
package final class LineEditor {
  /// How a line ended.
  package enum Line: Equatable {
    case text(String)
    case interrupted
    case endOfInput
  }

  private let delegate: any LineEditorDelegate
  // Kept for C until its next question.
  private var replacement: UnsafeMutablePointer<CChar>?
  private var listing: UnsafeMutablePointer<CChar>?
  private var pasted: UnsafeMutablePointer<CChar>?

  /// - Returns: nil where the terminal cannot be edited on.
  package init?(delegate: any LineEditorDelegate, history: [String]) {
    self.delegate = delegate
    let callbacks = EditlineCallbacks(
      // SAFETY: the editor is closed in `deinit`, before the pointer dangles.
      context: Unmanaged.passUnretained(self).toOpaque(),
      is_complete: { context, text in
        guard let editor = LineEditor.from(context), let text else { return 1 }
        return editor.delegate.isComplete(String(cString: text)) ? 1 : 0
      },
      complete: { context, text, cursor, replacement, listing in
        guard let editor = LineEditor.from(context), let text else { return 0 }
        return editor.complete(String(cString: text), cursor, replacement, listing)
      },
      clean_paste: { context, text in
        guard let editor = LineEditor.from(context), let text else { return nil }
        free(editor.pasted)
        editor.pasted = strdup(PastedText.cleaned(String(cString: text)))
        return UnsafePointer(editor.pasted)
      })
    guard editline_open("nnsh", callbacks, 10_000) != 0 else { return nil }
    for entry in history { editline_add_history(entry) }
  }

  deinit {
    editline_close()
    free(replacement)
    free(listing)
    free(pasted)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> LineEditor? {
    // SAFETY: the context is the editor that opened libedit and closes it when it goes.
    context.map { Unmanaged<LineEditor>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Reads one statement.
  package func read(prompt: String) -> Line {
    var text: UnsafePointer<CChar>?
    switch Int(editline_read(prompt, &text)) {
    case EDITLINE_ACCEPTED: return .text(text.map { String(cString: $0) } ?? "")
    case EDITLINE_INTERRUPTED: return .interrupted
    default: return .endOfInput
    }
  }

  /// Lets Up and Ctrl-R find a statement.
  package func remember(_ entry: String) { editline_add_history(entry) }

  private func complete(
    _ text: String, _ cursor: Int32, _ replaced: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ listed: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) -> Int32 {
    let found = delegate.completions(of: text, at: Int(cursor))
    if let insertion = found.insertion {
      free(replacement)
      replacement = strdup(insertion)
      replaced?.pointee = UnsafePointer(replacement)
      return Int32(clamping: found.replaced)
    }
    guard found.candidates.count > 1 else { return 0 }
    let width = Terminal.size().columns
    free(listing)
    listing = strdup(found.listing(width: width).joined(separator: "\n") + "\n")
    listed?.pointee = UnsafePointer(listing)
    return 0
  }
}

/// What people paste into a prompt.
package enum PastedText {
  /// The text without the prompts of a transcript and without the line end that would run it.
  package static func cleaned(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("nnsh> ") ? String(line.dropFirst(6)) : String(line)
    }
    while lines.count > 1, lines.last == "" { lines.removeLast() }
    // A tab or another control character would garble the row; libedit shows none of them well.
    return lines.joined(separator: "\n").replacing("\t", with: "  ").filter {
      $0 == "\n" || $0.asciiValue.map { $0 >= 32 && $0 != 127 } != false
    }
  }
}
