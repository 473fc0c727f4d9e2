import Operations
import Tensors
import Testing

@testable import Language
@testable import Library

/// Every builtin that says it is differentiable, beside central differences in Float64.
@Suite struct BuiltinGradientTests {
  /// What to call a builtin with: the tensors are differentiated, then come plain arguments.
  struct Sample {
    var tensors: [Tensor]
    var others: [(String?, Value)] = []
    /// Puts the tensors into one list.
    var isList = false
    /// The parameters that the tensors are given to, where they are not the first ones.
    var names: [String]?
  }

  /// Differentiable by what they call or hand through; the machine's tests cover them.
  static let structural: Set<String> = [
    "map", "filter", "zip", "try", "batches", "enumerate", "values", "items", "get", "remove",
    "meshgrid", "split_at", "topk", "einsum", "svd", "eigh", "qr",
  ]

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
    case "log", "sqrt", "log1p", "log2", "log10": return Sample(tensors: [positive])
    case "arcsin", "arccos": return Sample(tensors: [try Tensor.apply(.multiply, a, 0.4)])
    case "arctan2": return Sample(tensors: [a, positive])
    case "roll", "quantile", "percentile":
      return Sample(tensors: [a], others: [(nil, .number(name == "roll" ? 1 : 0.4))])
    case "interp":
      return Sample(
        tensors: [a, try Tensor(doubles: [2, -1, 0.5], elementType: .f64)],
        others: [("xp", try .vector([-1.5, 0.1, 2.2]))],
        names: ["x", "fp"])
    case "tile", "pad": return Sample(tensors: [a], others: [(nil, .number(2))])
    case "swapaxes": return Sample(tensors: [a], others: [(nil, .number(0)), (nil, .number(1))])
    case "inv", "det": return Sample(tensors: [square])
    case "solve": return Sample(tensors: [square, a])
    case "cholesky": return Sample(tensors: [try matrix([[1.3, 0.4], [0.2, 2.1]])])
    case "pinv": return Sample(tensors: [a])
    case "lstsq": return Sample(tensors: [try a.transposed(), try b.transposed()])
    case "compute":
      return Sample(tensors: [square, b, try matrix([[0.1, 0.2, 0.3]])])
    case "averageCE", "cross_entropy":
      return Sample(tensors: [b, try matrix([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])])
    case "bce": return Sample(tensors: [b, try matrix([[0.2, 0.9, 0.4], [0.35, 0.6, 0.8]])])
    case "kl":
      let target = try matrix([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]])
      return Sample(tensors: [target, try matrix([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])])
    case "mse", "mae", "huber", "hinge", "gradCE", "minimum", "maximum":
      return Sample(tensors: [b, positive])
    case "matmul": return Sample(tensors: [square, a])
    case "dot", "outer": return Sample(tensors: [vector, try Tensor.apply(.cos, vector)])
    case "trace", "diag": return Sample(tensors: [square])
    case "reshape": return Sample(tensors: [a], others: [(nil, .number(3)), (nil, .number(-1))])
    case "expand_dims": return Sample(tensors: [a], others: [(nil, .number(1))])
    case "repeat": return Sample(tensors: [a], others: [(nil, .number(2))])
    case "concat", "stack": return Sample(tensors: [a, b], isList: true)
    case "clip": return Sample(tensors: [a, try .scalar(-0.5, .f64), try .scalar(1, .f64)])
    case "full":
      return Sample(
        tensors: [try .scalar(0.7, .f64)], others: [("shape", try .vector([2, 3]))],
        names: ["value"])
    case "linspace", "arange":
      return Sample(
        tensors: [try .scalar(0.7, .f64), try .scalar(0.3, .f64)],
        others: [name == "arange" ? ("stop", .number(2)) : ("count", .number(4))],
        names: name == "arange" ? ["start", "step"] : ["start", "stop"])
    case "where":
      return Sample(
        tensors: [a, b], others: [("mask", try .matrix([[1, 0, 1], [0, 0, 1]]))],
        names: ["a", "b"])
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
    let keywords: [String?] = sample.names ?? values.map { _ in nil }
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
      // These round to f32, so that differences see its steps.
      let isRounded = ["f32", "full", "linspace", "arange"].contains(name)
      let tolerance = isRounded ? 1e-1 : 1e-6
      for (left, right) in zip(found.doubles(), expected) {
        #expect(
          abs(left - right) <= tolerance * (1 + abs(right)), "\(name): \(left), not \(right)")
      }
    }
  }

  /// What `explain`, `derive` and `check` know of an operation, they find by what is recorded.
  @Test(arguments: names) func recordsKnownOperations(_ name: String) throws {
    let sample = try Self.sample(name)
    let tape = Tape(keepingAll: true)
    let result = try Self.loss(name, sample, sample.tensors.map { tape.watch($0) })
    for step in tape.recording(of: result).steps where !step.name.isEmpty {
      #expect(OperationKind.named(step.name)?.traits == step.traits, "\(name): \(step.name)")
    }
  }

  @Test(arguments: ["unique", "dataset"]) func refusedOnesSayWhy(_ name: String) throws {
    let traced = Value(Tape().watch(try Tensor.full([3], 1)))
    #expect {
      try Builtin.named(name)?.invoke(
        name == "dataset" ? [traced, traced] : [traced], interpreter: BuiltinBench())
    } throws: {
      (($0 as? RuntimeError)?.message ?? "").hasPrefix("\(name) has no derivative: ")
    }
  }

  private static func takesOneTensor(_ builtin: Builtin) -> Bool {
    let required = builtin.declaration.parameters.filter { $0.defaultValue == nil }
    guard required.count == 1, case .tensor? = required.first?.kind else { return false }
    return true
  }

  /// A result that only depends on shapes is no cut, so those builtins must depend on nothing else.
  @Test(
    arguments: Builtin.all.filter { $0.differentiation == .constant && takesOneTensor($0) }
      .map(\.name))
  func constantsDoNotDependOnTheNumbers(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let results = try [[1, -2, 3], [0.5, 7, 2]].map {
      try builtin.invoke([.vector($0)], interpreter: BuiltinBench()).printed
    }
    #expect(results[0] == results[1], "\(name)")
  }

  @Test(
    arguments: Builtin.all.filter { if case .stepwise = $0.differentiation { true } else { false } }
      .map(\.name))
  func jumpsAreNamedWhereTheyAreTheOnlyWay(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let tape = Tape()
    let traced = tape.watch(name == "range" ? try .scalar(2, .f64) : try .full([2], 1))
    let required = max(1, builtin.declaration.requiredCount)
    let arguments = [Value](repeating: Value(traced), count: required)
    _ = try builtin.invoke(arguments, interpreter: BuiltinBench())
    #expect {
      try tape.checkReach(from: Variable(1), to: [[traced]])
    } throws: {
      "\($0)".hasPrefix("\(name) has no derivative: ")
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
