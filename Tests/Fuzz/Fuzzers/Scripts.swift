import Foundation
import Language
import Library
import Shell

extension Fuzzer {
  /// Whole scripts: the registry's examples and the golden scripts, with words exchanged.
  static let scripts = Fuzzer(
    name: "scripts", summary: "whole scripts, words of known ones exchanged",
    seeds: { Examples.all },
    make: { random, corpus in
      if random.chance(20) {
        return Mutation.bytes(corpus.one(&random), other: corpus.one(&random), &random)
      }
      return Examples.changed(corpus, &random)
    },
    take: { try CodeRunner.runWhole(bytes: $0) })
}

/// Code that is known to mean something.
enum Examples {
  /// The examples of all builtins and commands.
  static let all: [[UInt8]] = {
    let declarations = Builtin.all.map(\.declaration) + Command.all.map(\.declaration)
    return declarations.flatMap(\.examples).map { Array($0.code.utf8) }
  }()

  /// One of the known inputs, words exchanged for others of the language.
  static func changed(_ corpus: Corpus, _ random: inout Randomness) -> [UInt8] {
    Mutation.words(
      corpus.one(&random), other: corpus.one(&random), vocabulary: vocabulary, &random)
  }

  /// Words and signs of the language.
  static let vocabulary: [String] = {
    let signs = [
      "+", "-", "*", "/", "@", "^", "%", "=", "==", "!=", "<", "<=", "(", ")", "[", "]", "{", "}",
      "|>", "->", ",", ";", ":", ".", "...", "..<", "'", "\"", "\n", " ", "#", "?", "\\", "{{",
      "+=", "and ", "or ", "not ", "in ", "if ", "else ", "while ", "for ", "fn ", "return ",
      "break", "continue", "grad ", "numgrad ", " wrt ", "none", "true", "false", "inf", "nan",
      "0", "1", "-1", "2", "0.5", "1e9", "1e300", "9007199254740993", "x", "m", "\u{1b}", "é", "\0",
    ]
    return signs + Builtin.allNames + Command.all.map { $0.declaration.name + " " }
  }()
}
