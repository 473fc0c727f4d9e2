import BinaryUnderTest
import Foundation
import Testing

/// Keys that nobody would press, by chance but always the same: after each handful the prompt must
/// still be there and run a statement. `NNSH_FUZZ_INPUTS=10000` presses more of them.
@Suite(.serialized) struct KeyFuzzTests {
  private static let inputs =
    ProcessInfo.processInfo.environment["NNSH_FUZZ_INPUTS"].flatMap { Int($0) } ?? 60

  @Test(arguments: ["emacs", "vi"])
  func noKeysEndThePrompt(_ keys: String) throws {
    var chance = Chance(seed: keys == "vi" ? 2 : 1)
    let home = try NNSH.temporaryFolder()
    if keys == "vi" {
      try Data("bind -v\n".utf8).write(to: URL(fileURLWithPath: home + "/.editrc"))
    }
    for session in 0..<max(1, Self.inputs / 20) {
      try press(&chance, inVi: keys == "vi", home: home, session: session)
    }
  }

  private func press(_ chance: inout Chance, inVi: Bool, home: String, session number: Int) throws {
    let columns = chance.one(of: [2, 8, 20, 80, 200])
    let rows = chance.one(of: [1, 3, 24, 60])
    let session = try TerminalSession(
      columns: columns, rows: rows, home: home, environment: ["PAGER": "cat"],
      waitingFor: "n")
    session.type("a = 1")
    session.type("fn f(x) = x")
    for input in 0..<20 {
      var pressed: [UInt8] = []
      for _ in 0..<chance.below(30) {
        let piece = chance.piece(inVi: inVi)
        session.sendBytes(piece)
        pressed += piece
        if chance.below(20) == 0 {
          session.resize(
            columns: chance.one(of: [2, 8, 20, 80, 200]), rows: chance.one(of: [1, 3, 24, 60]))
        }
        session.read(waiting: 0)
      }
      // Out of pastes, searches, blocks and the command mode.
      session.send("\u{1B}[201~\u{3}\u{7}\u{3}\u{1B}[201~\u{3}")
      session.read(waiting: 20)
      session.resize(columns: 80, rows: 24)
      let mark = "\(number)x\(input)"
      session.type("print(\"begun\" + \"\(mark)\")")
      try session.wait(
        "the prompt after \(String(decoding: pressed, as: UTF8.self).debugDescription)"
      ) {
        // Not as soon as the statement has printed: Ctrl-C would still be for it.
        $0.text.contains("begun\(mark)") && session.isEditing
      }
    }
  }
}

/// Random numbers that are the same in every run (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014).
private struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  mutating func one<Element>(of choices: [Element]) -> Element { choices[below(choices.count)] }

  private mutating func bytes(_ range: ClosedRange<Int>, upTo count: Int) -> [UInt8] {
    (0..<below(count)).map { _ in UInt8(range.lowerBound + below(range.count)) }
  }

  /// A key, a piece of one, a paste, or bytes that mean nothing; none that ends or stops nnsh.
  mutating func piece(inVi: Bool) -> [UInt8] {
    let piece: [UInt8]
    switch below(20) {
    case 0...11: piece = Array(one(of: inVi ? Self.keys + Self.viKeys : Self.keys).utf8)
    case 12...14: piece = bytes(0...255, upTo: 12)
    case 15, 16: piece = bytes(32...126, upTo: 12)
    case 17: piece = [27, 91] + bytes(32...63, upTo: 8) + [UInt8(64 + below(63))]
    case 18:
      piece = Array("\u{1B}[200~".utf8) + bytes(0...255, upTo: 40) + Array("\u{1B}[201~".utf8)
    default: piece = Array(repeating: UInt8(33 + below(31)), count: one(of: [1, 3, 300]))
    }
    return piece.filter { ![4, 26, 28].contains($0) }
  }

  private static let keys =
    KeyTests.meaningless + [
      "\u{1B}[A", "\u{1B}[B", "\u{1B}[C", "\u{1B}[D", "\u{1B}[5~", "\u{1B}[6~", "\u{1B}[1;5C",
      "\u{1B}[1;5D", "\u{1B}[3;5~", "\u{1B}[H", "\u{1B}[F", "\u{1B}[200~", "\u{1B}[201~", "\u{1B}",
      "\u{1B}\u{1B}", "\u{1B}[", "\u{1B}O", "\u{1B}]", "\u{1B}P", "\u{12}", "\u{13}", "\u{7}", "\t",
      "\u{15}", "\u{B}", "\u{17}", "\u{19}", "\u{1F}", "\u{1B}/", "\u{1B}y", "\u{14}", "\u{16}",
      "\u{0}", "\u{18}\u{18}", "\u{18}", "\u{C}", "\u{1B}9", "\u{1B}d", "\u{1B}u", "\u{1B}l",
      "\u{1B}c", "\u{1B}w", "\u{1B} ", "\u{1B}\u{1F}", "\u{1B}p", "\u{1B}n", "\u{1B}x", "\u{1B}<",
      "\u{1B}>", "\u{10}", "\u{E}", "\u{1}", "\u{5}", "\u{6}", "\u{2}", "\u{8}", "\u{7F}",
      "\u{1B}\u{7F}", "\r", "\n", "\r\n", "\u{3}", "é", "日", "nnsh> ", "    … ", "fn f(x) {", "}",
      "(", ")", "\"", "\\al", "load ", "tra", "1+1", "x = [1,2]",
    ]

  private static let viKeys =
    "dwbcx30$pPyYDCr~.uUft;,%|/?nv:#@_GkjAiaRsSeEWB^".map { String($0) } + ["\u{1B}", "99999"]
}
