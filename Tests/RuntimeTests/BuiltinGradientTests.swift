import Networks
import Tensors
import Testing

@testable import Runtime

/// Every builtin that says it is differentiable, beside central differences in Float64.
@Suite struct BuiltinGradientTests {
  /// What to call a builtin with: the tensors are differentiated, then come plain arguments.
  struct Sample {
    var tensors: [Tensor]
    var others: [(String?, Value)] = []
    /// Puts the tensors into one list.
    var isList = false
  }

  /// Differentiable by what they call or hand through; the machine's tests cover them.
  static let structural: Set<String> = ["map", "filter", "zip", "try"]

  static let names = Builtin.all.filter { $0.differentiation == .differentiable }.map(\.name)
    .filter { !structural.contains($0) }

  static func matrix(_ rows: [[Double]]) throws -> Tensor { try Tensor.matrix(rows, .f64) }

  static func sample(_ name: String) throws -> Sample {
    let a = try matrix([[0.3, 1.2, -0.7], [0.55, -1.4, 2.1]])
    let b = try matrix([[0.8, -0.35, 1.7], [-0.2, 0.9, 0.45]])
    let positive = try matrix([[0.3, 1.2, 0.7], [0.55, 1.4, 2.1]])
    let vector = try Tensor(doubles: [0.4, -1.1, 0.8], elementType: .f64)
    let square = try matrix([[0.3, 1.2], [0.55, -1.4]])
    switch name {
    case "log", "sqrt", "log1p": return Sample(tensors: [positive])
    case "compute":
      return Sample(tensors: [square, b, try matrix([[0.1, 0.2, 0.3]])])
    case "averageCE", "cross_entropy":
      return Sample(tensors: [b, try matrix([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])])
    case "bce": return Sample(tensors: [b, try matrix([[0.2, 0.9, 0.4], [0.35, 0.6, 0.8]])])
    case "mse", "gradCE", "minimum", "maximum": return Sample(tensors: [b, positive])
    case "matmul": return Sample(tensors: [square, a])
    case "dot", "outer": return Sample(tensors: [vector, try Tensor.apply(.cos, vector)])
    case "trace", "diag": return Sample(tensors: [square])
    case "reshape": return Sample(tensors: [a], others: [(nil, .number(3)), (nil, .number(-1))])
    case "expand_dims": return Sample(tensors: [a], others: [(nil, .number(1))])
    case "repeat": return Sample(tensors: [a], others: [(nil, .number(2))])
    case "concat", "stack": return Sample(tensors: [a, b], isList: true)
    case "clip": return Sample(tensors: [a], others: [(nil, .number(-0.5)), (nil, .number(1))])
    case "where":
      return Sample(tensors: [a, b], others: [("mask", try .matrix([[1, 0, 1], [0, 0, 1]]))])
    case "sum", "mean", "var", "std", "min", "max", "norm", "prod":
      return Sample(tensors: [a], others: [("axis", .number(1))])
    case "cumsum": return Sample(tensors: [a], others: [("axis", .number(0))])
    case "number": return Sample(tensors: [try matrix([[0.7]])])
    case "shuffle": return Sample(tensors: [a], others: [("seed", .number(3))])
    default: return Sample(tensors: [a])
    }
  }

  /// The builtin's result, weighted differently in each element so that no error cancels, summed.
  static func loss(_ name: String, _ sample: Sample, _ variables: [Variable]) throws -> Variable {
    let builtin = try #require(Builtin.named(name))
    var values = variables.map { Value($0) }
    if sample.isList { values = [.items(values)] }
    var keywords: [String?] = values.map { _ in nil }
    if name == "where" { keywords = ["a", "b"] }
    let result = try builtin.invoke(
      values + sample.others.map(\.1), names: keywords + sample.others.map(\.0),
      interpreter: BuiltinBench())
    let output: Variable
    if case .traced(let box) = result {
      output = box.content
    } else {
      output = Variable(try #require(try result.asTensor()))
    }
    let weights = (0..<output.count).map { 0.5 + 0.37 * Double($0 % 5) }
    let weighting = try Tensor(doubles: weights, output.shape, elementType: .f64)
    return try .sum(.multiply(output, Variable(weighting)))
  }

  @Test(arguments: names) func agreesWithDifferences(_ name: String) throws {
    let sample = try Self.sample(name)
    let gradients = try gradient(
      of: { try Self.loss(name, sample, $0) }, at: sample.tensors)
    for (position, found) in gradients.enumerated() {
      let expected = try numericalGradient(
        of: { point in
          let value = try Self.loss(name, sample, point.map { Variable($0) }).tensor.item
          return try #require(value)
        }, at: sample.tensors, argument: position)
      // f32 rounds its operand, so that differences see its steps.
      let tolerance = name == "f32" ? 1e-2 : 1e-6
      for (left, right) in zip(found.doubles(), expected) {
        #expect(
          abs(left - right) <= tolerance * (1 + abs(right)), "\(name): \(left), not \(right)")
      }
    }
  }

  @Test(arguments: ["sort", "unique"]) func refusedOnesSayWhy(_ name: String) throws {
    let traced = Value(Tape().watch(try Tensor.full([3], 1)))
    #expect {
      try Builtin.named(name)?.invoke([traced], interpreter: BuiltinBench())
    } throws: {
      (($0 as? RuntimeError)?.message ?? "").hasPrefix("\(name) has no derivative: ")
    }
  }

  @Test func constantsStopTheTrace() throws {
    let tape = Tape()
    let traced = Value(tape.watch(try Tensor.full([3], 1)))
    #expect(try !BuiltinBench().run("argmax", traced).isTraced)
    #expect(try BuiltinBench().run("relu", traced).isTraced)
    #expect(try BuiltinBench().run("sum", .items([traced, traced])).isTraced)
  }
}
