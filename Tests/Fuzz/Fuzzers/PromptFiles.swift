import Foundation
import Prompt

extension Fuzzer {
  /// Whatever is in it, what is added is the newest entry, and nothing that was there goes.
  static let history = Fuzzer(
    name: "history", summary: "histories of any bytes, continued",
    make: { random, _ in
      Pieces.bytes(["\n", "\\n", "\\", "a = 1\n", "é", "\r\n", "\0", "x = 1\\ny"], &random)
    },
    take: { input in
      let path = "history"
      unlink(path)
      try Data(input).write(to: URL(fileURLWithPath: path))
      let file = HistoryFile(path: path)
      let before = Set(file.entries())
      let entry = "x = \(input.count)\ny\\n\r"
      try Finding.unless(file.append(entry) || before.contains(entry), "nothing was added")
      try Finding.unless(file.entries().last == entry, "what was added is not the last entry")
      try Finding.unless(before.subtracting(file.entries()).isEmpty, "an entry is lost")
      let content = try Data(contentsOf: URL(fileURLWithPath: path))
      try Finding.unless(content.starts(with: input), "what was there has changed")
    })

  /// No line of the settings is handed on that libedit could stumble over.
  static let settings = Fuzzer(
    name: "settings", summary: "~/.editrc of any bytes",
    make: { random, _ in
      Pieces.bytes(
        [
          "bind ", "\n", "\"", "'", "\\", "^", "\\e[A", "-s ", "-a ", "-v", "-r ", "ed-newline",
          " ", "\\000", "\\U+", "nnsh:", "*:", "#", "\0", "^@", "x",
        ], &random)
    },
    take: { input in
      for binding in EditorSettings(String(decoding: input, as: UTF8.self)).bindings {
        try Finding.unless(binding.words.first == "bind", "handed on: \(binding.words)")
        try Finding.unless(!binding.key.isEmpty && !binding.key.contains(0), "a key of nothing")
        let areFit = binding.words.allSatisfy { $0.utf8.count <= 400 && !$0.utf8.contains(0) }
        try Finding.unless(areFit, "too long, or of zeros: \(binding.words)")
      }
    })

  /// What is pasted becomes statements, and nothing that a terminal would obey.
  static let pastes = Fuzzer(
    name: "pastes", summary: "pasted text of any bytes",
    make: { random, _ in
      Pieces.bytes(
        [
          "nnsh> ", "nnsh>", "    … ", "…", "\n", "(", ")", "\u{1B}[31m", "\u{1B}]0;", "\t", "x",
          ">>> ", "In [1]: ", "julia> ", "\r\n",
        ], &random)
    },
    take: { input in
      let cleaned = PastedText.cleaned(String(decoding: input, as: UTF8.self)) { text in
        text.filter { $0 == "(" }.count < 2
      }
      let isText = cleaned.utf8.allSatisfy { $0 == 10 || $0 >= 32 && $0 != 127 }
      try Finding.unless(isText, "a control character is left")
      try Finding.unless(!cleaned.hasSuffix("\n"), "a line break is left at the end")
    })

  /// A start-up file of any statements ends, and leaves a prompt.
  static let startup = Fuzzer(
    name: "startup", summary: "rc.nns of any statements",
    seeds: {
      [
        "a = 1\nb = = 2\nfn f(x) {\n  x + 1\n}\nnowhere\nc = (3\nd = 4\nset digits 7\n",
        "set\nset theme dark\nset seed 3; set digits 5\n}\n)\n\"\n", "quit\nexit(3)\n",
        "run rc.nns\n", "\u{FEFF}a = 1\r\nb = 2\r\n", "transcript on\nplot [1, 2]\n",
      ].map { Array($0.utf8) }
    },
    make: { random, corpus in Examples.changed(corpus, &random) },
    take: { try CodeRunner.runStartup(bytes: $0) })
}

/// Bytes put together from known pieces and from others.
enum Pieces {
  static func bytes(_ pieces: [String], _ random: inout Randomness) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<random.below(20) {
      if random.chance(50) {
        bytes += Array(random.one(of: pieces).utf8)
      } else {
        for _ in 0..<random.below(8) { bytes.append(UInt8(random.below(256))) }
      }
    }
    return bytes
  }
}
