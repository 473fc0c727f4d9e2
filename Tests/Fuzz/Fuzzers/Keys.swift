import BinaryUnderTest
import Foundation

extension Fuzzer {
  /// Keys that nobody would press: afterwards the prompt must still be there and run a statement.
  static let keys = Fuzzer(
    name: "keys", summary: "keys, pieces of keys, pastes and new window sizes at the prompt",
    make: { random, _ in KeySession(&random).input },
    take: { try KeySession($0).run() },
    inputsPerProcess: 200, cost: 20)
}

/// A prompt in a terminal, and what is pressed there.
struct KeySession {
  private var isVi: Bool
  private var size: (columns: Int, rows: Int)
  /// Keys; those that begin with `resizing` are a new size of the window.
  private var pieces: [[UInt8]] = []

  /// What parts the pieces of an input; no key that does anything here.
  private static let separator: UInt8 = 0x1E
  private static let resizing: UInt8 = 0x1D
  /// Ctrl-D, Ctrl-Z and Ctrl-\ end or stop nnsh.
  private static let left: Set<UInt8> = [4, 26, 28, separator, resizing]

  init(_ random: inout Randomness) {
    isVi = random.chance(50)
    size = Self.size(&random)
    for _ in 0..<random.below(60) {
      if random.chance(5) {
        let (columns, rows) = Self.size(&random)
        pieces.append([Self.resizing] + Array("\(columns) \(rows)".utf8))
      }
      pieces.append(Self.piece(&random, isVi: isVi).filter { !Self.left.contains($0) })
    }
  }

  private static func size(_ random: inout Randomness) -> (columns: Int, rows: Int) {
    (random.one(of: [2, 8, 20, 80, 200]), random.one(of: [1, 3, 24, 60]))
  }

  /// A key, a piece of one, a paste, or bytes that mean nothing.
  private static func piece(_ random: inout Randomness, isVi: Bool) -> [UInt8] {
    func bytes(_ range: ClosedRange<Int>, upTo count: Int) -> [UInt8] {
      (0..<random.below(count)).map { _ in UInt8(range.lowerBound + random.below(range.count)) }
    }
    switch random.below(20) {
    case 0...11:
      let known = Keystrokes.meaningless + Keystrokes.meaningful
      return Array(random.one(of: isVi ? known + Keystrokes.ofVi : known).utf8)
    case 12...14: return bytes(0...255, upTo: 12)
    case 15, 16: return bytes(32...126, upTo: 12)
    case 17: return [27, 91] + bytes(32...63, upTo: 8) + [UInt8(64 + random.below(63))]
    case 18:
      return Array("\u{1B}[200~".utf8) + bytes(0...255, upTo: 40) + Array("\u{1B}[201~".utf8)
    default:
      return Array(repeating: UInt8(33 + random.below(31)), count: random.one(of: [1, 3, 300]))
    }
  }

  // MARK: As an input

  var input: [UInt8] {
    let first = "\(isVi ? "vi" : "emacs") \(size.columns) \(size.rows)"
    return Array(([Array(first.utf8)] + pieces).joined(separator: [Self.separator]))
  }

  init(_ input: [UInt8]) {
    let parts = input.split(separator: Self.separator, omittingEmptySubsequences: false)
    let first = String(decoding: parts.first ?? [], as: UTF8.self)
    isVi = first.hasPrefix("vi")
    size = Self.size(first.drop { $0.isLetter })
    pieces = parts.dropFirst().map(Array.init)
  }

  private static func size(_ text: some StringProtocol) -> (columns: Int, rows: Int) {
    let numbers = text.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { return (80, 24) }
    return (min(max(1, numbers[0]), 500), min(max(1, numbers[1]), 200))
  }

  // MARK: As a session

  /// - Throws: where the prompt is not there afterwards.
  func run() throws {
    let home = try NNSH.temporaryFolder()
    defer { NNSH.removeTemporaryFolder(home) }
    if isVi { try Data("bind -v\n".utf8).write(to: URL(fileURLWithPath: home + "/.editrc")) }
    let session = try TerminalSession(
      columns: size.columns, rows: size.rows, home: home, environment: ["PAGER": "cat"],
      waitingFor: ">")
    session.type("a = 1")
    session.type("fn f(x) = x")
    for piece in pieces {
      if piece.first == Self.resizing {
        let size = Self.size(String(decoding: piece.dropFirst(), as: UTF8.self))
        session.resize(columns: size.columns, rows: size.rows)
      } else {
        session.sendBytes(piece)
      }
      session.read(waiting: 0)
    }
    // Out of pastes, searches, blocks and the command mode.
    session.send("\u{1B}[201~\u{3}\u{7}\u{3}\u{1B}[201~\u{3}")
    session.read(waiting: 20)
    session.resize(columns: 80, rows: 24)
    try session.wait("the prompt", seconds: 5) { _ in session.isEditing }
    session.send("\u{3}")
    session.read(waiting: 100)
    // What is typed before the signal has arrived is cleared with the line: it is typed once more.
    for isLast in [false, true] {
      session.type("print(\"be\" + \"gun\")")
      do {
        try session.wait("a statement to run", seconds: 5) { $0.text.contains("begun") }
        return
      } catch {
        if isLast { throw error }
      }
    }
  }
}
