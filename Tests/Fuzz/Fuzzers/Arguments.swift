import Language
import Library

extension Fuzzer {
  /// Builtins with arguments of every kind, alone, within each other, and assigned to parts.
  static let arguments = Fuzzer(
    name: "arguments", summary: "every builtin with arguments of every kind",
    make: { random, _ in
      var generator = CodeGenerator(random)
      let statements = (0..<4).map { _ -> String in
        let call = generator.call(generator.random.one(of: Builtin.all))
        switch generator.random.below(8) {
        case 0: return "x[\(generator.anything())] = \(call)"
        case 1: return "\(call)[\(generator.anything())]"
        case 2:
          return "\(call) \(generator.random.one(of: ["+", "*", "@", "^", "==", "<", "%"])) "
            + generator.anything()
        case 3: return "print(\"{\(call):\(generator.random.one(of: ["8.3f", ">20", ",", "d"]))}\")"
        default: return call
        }
      }
      return Array(statements.joined(separator: "\n").utf8)
    },
    take: { try CodeRunner.run(String(decoding: $0, as: UTF8.self)) })
}
