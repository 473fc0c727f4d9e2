import Shell

extension Fuzzer {
  /// Commands with arguments that fit, and others.
  static let commands = Fuzzer(
    name: "commands", summary: "every command with arguments of every kind",
    make: { random, _ in
      var generator = CodeGenerator(random)
      let statements = (0..<3).map { _ in
        generator.statement(generator.random.one(of: Command.all))
      }
      return Array(statements.joined(separator: "\n").utf8)
    },
    take: { try CodeRunner.run(String(decoding: $0, as: UTF8.self)) })
}
