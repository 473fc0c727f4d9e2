import CEditline
import Console
import Plot

/// What `set plot` chooses.
enum PictureStyle: String, CaseIterable, Sendable {
  /// Curves in braille; pictures as well as the terminal can.
  case auto
  // Pictures as pixels, by one of the ways in which terminals take them.
  case kitty, iterm2, sixel
  // Characters alone.
  case blocks, braille, ascii

  /// The characters of curves.
  var dots: DotStyle {
    switch self {
    case .blocks: .blocks
    case .ascii: .ascii
    default: .braille
    }
  }
}

extension Session {
  /// Milliseconds that a terminal has for its answer.
  private static let answerTime = 100

  /// What pictures are drawn with.
  var ink: Ink {
    if drawsForPage { return .page }
    switch settings.pictures {
    case .braille: return .dots
    case .ascii: return .marks
    case .blocks: return terminal.ink
    case .auto, .kitty, .iterm2, .sixel:
      guard let form = graphics else { return terminal.ink }
      return .pixels(form, cell: Terminal.cellSize ?? .usual)
    }
  }

  /// How the terminal takes pictures; nil where it does not, and where it is not sure that what is
  /// sent reaches one that does.
  private var graphics: GraphicsProtocol? {
    guard terminal.showsOutput, terminal.colorsOutput, !GraphicsProtocol.areHidden else {
      return nil
    }
    if let chosen = GraphicsProtocol(rawValue: settings.pictures.rawValue) { return chosen }
    return GraphicsProtocol.announced ?? asked
  }

  /// Asks the terminal at the first picture of a session at the prompt. Elsewhere nobody would give
  /// back to the shell what is typed meanwhile.
  private var asked: GraphicsProtocol? {
    if let askedGraphics { return askedGraphics }
    guard isAtPrompt, reader.isEditing else { return nil }
    output.flush()
    let answer = TerminalQuery(within: Self.answerTime)
    // The next prompt begins with what was typed: the last byte given back is read first.
    for byte in (answer?.typed ?? []).reversed() { editline_give_back(byte) }
    askedGraphics = .some(answer?.graphics)
    return answer?.graphics
  }
}

extension CommandContext {
  /// Prints what is drawn: for the terminal, and where a page is written also for that, anew, as it
  /// can show more.
  func print(drawing lines: () throws -> [String]) rethrows {
    guard !command.isAssigned else { return }
    guard let page = session.transcript, page.takesFigures else { return print(try lines()) }
    session.transcript = nil
    defer { session.transcript = page }
    print(try lines())
    session.transcript = page
    session.drawsForPage = true
    defer { session.drawsForPage = false }
    print(try lines())
  }
}
