import Console
import Language
import Platform
import Syntax
import Tensors

/// The prompt at a line where a function stands still: words that say how to go on, and looks at
/// the variables there.
struct DebugPrompt {
  private let session: Session
  private let depth: Int
  private let view: FrameView

  init(_ session: Session, depth: Int, frame: RunningFrame) {
    self.session = session
    self.depth = depth
    view = FrameView(frame)
  }

  /// Whether somebody can type.
  static func isPossible(_ session: Session) -> Bool {
    isatty(STDIN_FILENO) == 1 && session.terminal.showsOutput
  }

  private static let help = """
    Enter or next   the next line
    step            the next line, also inside the function that is called
    out             back to where this function was called
    continue        to the next pause, or to the end
    stop            ends the call
    who             the variables here; an expression shows its value
    Their first letters do, where no variable has that name.

    """

  /// Waits for a word that goes on.
  ///
  /// - Returns: where to stop next.
  /// - Throws: `interrupted` where the call is to end.
  func nextStop() throws -> Debugger.Stop {
    session.hasWaited = true
    while true {
      switch session.reader.next(prompt: "debug> ") {
      case .interrupted, .endOfInput:
        Interrupt.clear()
        throw RuntimeError.interrupted
      case .terminated(let number):
        _ = session.end(bySignal: number)
        throw RuntimeError.interrupted
      case .text(let text):
        if let stop = try stop(for: text.filter { !$0.isNewline }) { return stop }
      }
    }
  }

  /// What a line asks for; nil where it was a look.
  private func stop(for text: String) throws -> Debugger.Stop? {
    let word = text.split(separator: " ").joined(separator: " ")
    switch view.holds(word) ? "" : word {
    case "next", "n": return .atMost(depth: depth)
    case "step", "s": return .everyLine
    case "out", "o": return .atMost(depth: depth - 1)
    case "continue", "c": return .never
    case "stop", "quit", "q": throw RuntimeError.interrupted
    case "help", "h", "?": session.writeOutput(Self.help)
    default:
      if word.isEmpty { return .atMost(depth: depth) }
      session.machine.aside { _ = view.run(text, in: session) }
      Interrupt.clear()
    }
    return nil
  }
}
