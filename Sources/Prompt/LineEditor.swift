import CEditline
import Console
import Platform

/// What the line editor asks while a line is typed.
package protocol LineEditorDelegate: AnyObject {
  /// Whether Enter runs the text or opens a further line.
  func isComplete(_ text: String) -> Bool
  /// What Tab may put before the cursor.
  func completions(of text: String, at cursor: Int) -> Completions
  /// Whether colours and hints are shown.
  var showsLiveHelp: Bool { get }
  /// The colours of a text.
  func styles(of text: String, cursor: Int) -> LineStyles
  /// What the statement gives, as `N×10`; empty where that is not known.
  func resultShape(of text: String) -> String
}

/// A prompt over libedit: libedit knows the keys and edits the buffer, `LineDisplay`
/// draws it.
///
/// There is one, on one thread: libedit keeps static state.
package final class LineEditor {
  /// How a line ended.
  package enum Line: Equatable {
    case text(String)
    case interrupted
    case endOfInput
    /// A signal asked the process to end.
    case terminated(Int32)
  }

  private unowned let delegate: any LineEditorDelegate
  private var history: LineHistory
  private var undo = UndoHistory()
  private var search: HistorySearch?
  private var formerPattern = ""
  private var display = LineDisplay()
  private var prompt = ""
  /// The last text whose result shape was asked for, and the answer.
  private var inferred = (text: "", shape: "")
  /// The lines of `~/.editrc` that were left out.
  package private(set) var faults: [EditorSettings.Fault] = []
  // The string last given to C, which reads it until the next call.
  private var answer: UnsafeMutablePointer<CChar>?

  /// Beyond this many bytes a text is shown without colours and hints.
  private static let liveHelpLimit = 8192

  /// - Parameter delegate: outlives the editor.
  /// - Returns: nil where the terminal cannot be edited on.
  package init?(delegate: any LineEditorDelegate, history: [String]) {
    self.delegate = delegate
    self.history = LineHistory(history)
    // SAFETY: the editor is closed in `deinit`, before the pointer dangles.
    let callbacks = Self.callbacks(Unmanaged.passUnretained(self).toOpaque())
    let settings = EditorSettings.load()
    guard editline_open("nnsh", callbacks, settings.isVi ? 1 : 0) != 0 else { return nil }
    settings.apply()
    faults = settings.faults
  }

  deinit {
    editline_close()
    free(answer)
  }

  private static func callbacks(_ context: UnsafeMutableRawPointer) -> EditlineCallbacks {
    EditlineCallbacks(
      context: context,
      is_complete: { context, text in
        LineEditor.answering(context, text) { $0.delegate.isComplete($1) ? 1 : 0 } ?? 1
      },
      complete: { context, text, cursor, replacement in
        LineEditor.answering(context, text) { $0.complete($1, cursor, replacement) } ?? 0
      },
      clean_paste: { context, text in
        LineEditor.answering(context, text) { $0.keep($0.cleaned($1)) } ?? nil
      },
      step_history: { context, direction, text, cursor in
        LineEditor.answering(context, text) { editor, text in
          editor.history.step(Int(direction), from: text, at: Int(cursor)).flatMap(editor.keep)
        } ?? nil
      },
      undo: { context, direction, cursor in
        guard let editor = LineEditor.from(context),
          let state = direction < 0 ? editor.undo.undo() : editor.undo.redo()
        else { return nil }
        cursor?.pointee = Int32(clamping: state.cursor)
        return editor.keep(state.text)
      },
      accept_hint: { context, text in
        LineEditor.answering(context, text) { editor, text in
          let ghost = editor.ghost(after: text)
          return ghost.isEmpty ? nil : editor.keep(ghost)
        } ?? nil
      },
      search: { context, step, typed, cursor in
        LineEditor.answering(context, typed) { editor, typed in
          editor.search(Int(step), typed).flatMap { match in
            cursor?.pointee = Int32(clamping: match.cursor)
            return editor.keep(match.text)
          }
        } ?? nil
      },
      draw: { context, text, _, cursor, reason in
        LineEditor.answering(context, text) {
          $0.draw($1, cursor: Int(cursor), reason: Int(reason))
        }
      })
  }

  /// What an editor answers libedit about a text; nil where either is not there.
  private static func answering<Answer>(
    _ context: UnsafeMutableRawPointer?, _ text: UnsafePointer<CChar>?,
    _ answer: (LineEditor, String) -> Answer
  ) -> Answer? {
    guard let editor = from(context), let text else { return nil }
    return answer(editor, String(cString: text))
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> LineEditor? {
    // SAFETY: the context is the editor that opened libedit and closes it when it goes.
    context.map { Unmanaged<LineEditor>.fromOpaque($0).takeUnretainedValue() }
  }

  private func cleaned(_ pasted: String) -> String {
    PastedText.cleaned(pasted) { [delegate] in delegate.isComplete($0) }
  }

  private func keep(_ text: String) -> UnsafePointer<CChar>? {
    free(answer)
    answer = strdup(text)
    return UnsafePointer(answer)
  }

  /// Reads one statement.
  package func read(prompt: String) -> Line {
    self.prompt = prompt
    undo = UndoHistory()
    search = nil
    display.forget()
    inferred = ("", "")
    var text: UnsafePointer<CChar>?
    switch Int(editline_read(&text)) {
    case EDITLINE_ACCEPTED: return .text(text.map { String(cString: $0) } ?? "")
    case EDITLINE_INTERRUPTED: return .interrupted
    case EDITLINE_TERMINATED: return .terminated(editline_termination_signal())
    default: return .endOfInput
    }
  }

  /// Lets Up and Ctrl-R find a statement.
  package func remember(_ entry: String) {
    history.append(entry)
  }

  private func search(_ step: Int, _ typed: String) -> HistorySearch.Match? {
    switch step {
    case EDITLINE_SEARCH_BEGIN:
      search = HistorySearch(history.entries, former: formerPattern)
      return nil
    case EDITLINE_SEARCH_TYPED: return search?.type(typed)
    case EDITLINE_SEARCH_ERASED: return search?.erase()
    case EDITLINE_SEARCH_OLDER: return search?.step(-1)
    case EDITLINE_SEARCH_NEWER: return search?.step(1)
    default:
      formerPattern = search?.pattern ?? ""
      search = nil
      return nil
    }
  }

  // MARK: completion

  private func complete(
    _ text: String, _ cursor: Int32, _ replaced: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) -> Int32 {
    let found = delegate.completions(of: text, at: Int(cursor))
    let rest = String(decoding: Array(text.utf8).dropFirst(Int(cursor)), as: UTF8.self)
    if let insertion = found.insertion(before: rest) {
      replaced?.pointee = keep(insertion)
      return Int32(clamping: found.replaced)
    }
    guard found.candidates.count > 1 else { return 0 }
    draw(text, cursor: Int(cursor), reason: EDITLINE_ENDING)
    let size = Terminal.size()
    let lines = found.listing(width: size.columns, height: min(40, size.rows - 2))
    Self.write(lines.joined(separator: "\r\n") + "\r\n")
    return 0
  }

  // MARK: drawing

  private func draw(_ text: String, cursor: Int, reason: Int) {
    if reason == EDITLINE_WAITING || text.utf8.count < 4096, search == nil {
      undo.note(.init(text: text, cursor: cursor))
    }
    if reason == EDITLINE_BUSY { return }
    let size = Terminal.size()
    var output = ""
    if reason == EDITLINE_RESIZED {
      output += display.erase(columns: size.columns, reflows: Terminal.reflows)
    }
    if reason == EDITLINE_CLEARED {
      display.forget()
      // After a stop the line goes on where the shell left the cursor.
      output += "\r\u{1B}[K"
    }
    let isEnding = reason == EDITLINE_ENDING || reason == EDITLINE_ABANDONING
    output += display.draw(content(text, cursor, isEnding: isEnding, reason), size: size)
    if isEnding { output += display.finish() }
    Self.write(output)
  }

  private func content(
    _ text: String, _ cursor: Int, isEnding: Bool, _ reason: Int
  ) -> LineDisplay.Content {
    var content = LineDisplay.Content()
    content.prompt = prompt
    content.text = text
    content.cursor = cursor
    if let search, !isEnding {
      content.note = "search: " + search.pattern + (search.isFound ? "" : "  (no more)")
    }
    if reason == EDITLINE_ABANDONING {
      content.text = text + "^C"
      content.cursor = content.text.utf8.count
    }
    guard delegate.showsLiveHelp, text.utf8.count <= Self.liveHelpLimit else {
      content.styles = LineStyles(plain: content.text.utf8.count)
      return content
    }
    content.isColored = true
    content.styles = delegate.styles(of: content.text, cursor: isEnding ? -2 : cursor)
    guard !isEnding, search == nil, cursor == text.utf8.count, !text.isEmpty,
      !text.contains("\n")
    else { return content }
    content.ghost = ghost(after: text)
    if inferred.text != text { inferred = (text, delegate.resultShape(of: text)) }
    content.shape = inferred.shape
    return content
  }

  /// What Right would accept after a text of one line.
  private func ghost(after text: String) -> String {
    guard delegate.showsLiveHelp, text.utf8.count <= Self.liveHelpLimit, !text.contains("\n")
    else { return "" }
    return history.continuation(of: text) ?? ""
  }

  private static func write(_ text: String) {
    _ = OutputStream.writeAll(Array(text.utf8), to: STDOUT_FILENO)
  }
}
