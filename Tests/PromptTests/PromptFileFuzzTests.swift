import Foundation
import Prompt
import Syntax
import Testing

/// Files of the prompt that hold anything: by chance, but always the same.
@Suite struct PromptFileFuzzTests {
  private static let count =
    ProcessInfo.processInfo.environment["NNSH_FUZZ_INPUTS"].flatMap { Int($0) } ?? 300

  private func bytes(_ generator: inout Chance, _ pieces: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...20, using: &generator) {
      if Bool.random(using: &generator), let piece = pieces.randomElement(using: &generator) {
        bytes += Array(piece.utf8)
      } else {
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
          bytes.append(UInt8.random(in: 0...255, using: &generator))
        }
      }
    }
    return bytes
  }

  /// Whatever is in it, what is added is the newest entry, and nothing that was there goes.
  @Test func aHistoryOfAnyBytesIsContinued() throws {
    var generator = Chance(seed: 1)
    let path = FileManager.default.temporaryDirectory.path + "/nnsh-history-\(UUID().uuidString)"
    defer { unlink(path) }
    for number in 0..<Self.count {
      let content = bytes(&generator, ["\n", "\\n", "\\", "a = 1\n", "é", "\r\n", "\0"])
      try Data(content).write(to: URL(fileURLWithPath: path))
      let file = HistoryFile(path: path)
      let before = Set(file.entries())
      let entry = "x = \(number)\ny\\n\r"
      #expect(file.append(entry))
      #expect(file.entries().last == entry)
      #expect(before.subtracting(file.entries()).isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).starts(with: content))
    }
  }

  /// No line of the settings is handed on that libedit could stumble over.
  @Test func settingsOfAnyBytesAreRead() {
    var generator = Chance(seed: 2)
    for _ in 0..<Self.count {
      let text = String(
        decoding: bytes(
          &generator,
          [
            "bind ", "\n", "\"", "'", "\\", "^", "\\e[A", "-s ", "-a ", "-v", "-r ", "ed-newline",
            " ", "\\000", "\\U+", "nnsh:", "*:", "#", "\0", "^@", "x",
          ]), as: UTF8.self)
      for binding in EditorSettings(text).bindings {
        #expect(binding.words.first == "bind")
        #expect(!binding.key.isEmpty && !binding.key.contains(0))
        #expect(binding.words.allSatisfy { $0.utf8.count <= 400 && !$0.utf8.contains(0) })
      }
    }
  }

  @Test func pastesOfAnyBytesAreCleaned() {
    var generator = Chance(seed: 3)
    for _ in 0..<Self.count {
      let text = String(
        decoding: bytes(
          &generator,
          [
            "nnsh> ", "nnsh>", "    … ", "…", "\n", "(", ")", "\u{1B}[31m", "\u{1B}]0;", "\t", "x",
          ]), as: UTF8.self)
      let cleaned = PastedText.cleaned(text) { $0.filter { $0 == "(" }.count < 2 }
      #expect(cleaned.utf8.allSatisfy { $0 == 10 || $0 >= 32 && $0 != 127 })
      #expect(!cleaned.hasSuffix("\n"))
    }
  }
}

/// Random numbers that are the same in every run (a linear congruential generator, Knuth's MMIX).
private struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
