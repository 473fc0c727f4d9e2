import Language
import Library

extension Fuzzer {
  /// Gradients of compositions of differentiable builtins, by every way that nnsh has.
  static let gradients = Fuzzer(
    name: "gradients", summary: "grad, numgrad, derive, check and explain of random losses",
    make: { random, _ in
      var generator = CodeGenerator(random)
      let differentiable = Builtin.all.filter { $0.differentiation == .differentiable }
      let statements = (0..<2).map { _ -> String in
        var loss = generator.random.one(of: ["x", "m", "q", "i", "n(m)", "e", "x * 2"])
        for _ in 0...generator.random.below(3) {
          let builtin = generator.random.one(of: differentiable)
          let rest = generator.call(builtin).split(separator: ",", maxSplits: 1).dropFirst().first
          loss = "\(builtin.name)(\(loss)" + (rest.map { ",\($0)" } ?? ")")
        }
        if generator.random.chance(80) { loss = "sum(\(loss))" }
        let place = generator.random.one(of: ["x", "m", "q", "n", "i", "x, m", "e", "n.W1"])
        switch generator.random.below(6) {
        case 0: return "derive \(loss) wrt \(place)"
        case 1: return "check \(generator.tensor()) against \(loss) wrt \(place)"
        case 2: return "explain \(loss)"
        case 3: return "numgrad \(loss) wrt \(place)"
        case 4: return "grad sum(grad \(loss) wrt \(place)) wrt \(place)"
        default: return "grad \(loss) wrt \(place)"
        }
      }
      return Array(statements.joined(separator: "\n").utf8)
    },
    take: { try CodeRunner.run(String(decoding: $0, as: UTF8.self)) })
}
