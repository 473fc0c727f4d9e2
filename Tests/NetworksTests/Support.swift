import Networks
import ONNX
import Testing

@testable import Operations
@testable import Tensors

/// Float64 normal numbers, the same in every run.
func normal(_ shape: [Int], seed: UInt64) throws -> Tensor {
  var generator = RandomGenerator(seed: seed, stream: 99)
  return try generator.normal(Shape(checking: shape), .f64)
}

/// Float64 numbers from `low` up to `high`.
func uniform(_ shape: [Int], _ low: Double, _ high: Double, seed: UInt64) throws -> Tensor {
  var generator = RandomGenerator(seed: seed, stream: 98)
  return try generator.uniform(Shape(checking: shape), low: low, high: high, .f64)
}

/// The largest relative difference, with 1 as the least scale.
func difference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) / max(1, abs($0), abs($1)) }.max() ?? 0
}

func difference(_ a: Tensor, _ b: Tensor) -> Double {
  a.shape == b.shape ? difference(a.doubles(), b.doubles()) : .infinity
}

typealias Function = @Sendable ([Variable]) throws -> Variable

/// Compares the gradient of Σ w·f(x), for fixed random w, with central differences.
func checkGradient(
  _ name: String, at point: [Tensor], tolerance: Double = 1e-6, _ function: @escaping Function,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let shape = try function(point.map { Variable($0) }).shape
  let weights = Variable(try normal(shape.dimensions, seed: 7))
  let weighted: ([Variable]) throws -> Variable = {
    try Variable.sum(Variable.multiply(function($0), weights))
  }
  let exact = try gradient(of: weighted, at: point)
  for argument in point.indices {
    let numeric = try numericalGradient(
      of: { try weighted($0.map { Variable($0) }).tensor.item ?? .nan }, at: point,
      argument: argument)
    #expect(
      exact[argument].shape == point[argument].shape, "\(name)", sourceLocation: sourceLocation)
    let error = difference(exact[argument].doubles(), numeric)
    #expect(
      error < tolerance, "\(name), argument \(argument) of \(point.map(\.shape))",
      sourceLocation: sourceLocation)
  }
}

/// The same for the derivative of the gradient: Σ u·∇(Σ w·f) is differentiated again.
func checkSecondGradient(
  _ name: String, at point: [Tensor], tolerance: Double = 1e-5, _ function: @escaping Function
) throws {
  let directions = try point.enumerated().map {
    Variable(try normal($1.shape.dimensions, seed: 70 + UInt64($0)))
  }
  let first: Function = { arguments in
    let shape = try function(arguments).shape
    let weights = Variable(try normal(shape.dimensions, seed: 7))
    let gradients = try gradient(
      of: { try Variable.sum(Variable.multiply(function($0), weights)) }, at: arguments)
    return try zip(gradients, directions).reduce(Variable(0)) {
      try .add($0, .sum(.multiply($1.0, $1.1)))
    }
  }
  try checkGradient(name + " twice", at: point, tolerance: tolerance, first)
}

extension Optimizer {
  /// Gradient descent with momentum.
  static func sgd(
    rate: Schedule, momentum: Double = 0, nesterov: Bool = false, l2: Double = 0
  ) -> Optimizer {
    Optimizer(
      .sgd, rate: rate, ["momentum": momentum, "nesterov": nesterov ? 1 : 0, "l2": l2])
  }
}

/// A layer of a test's own, which goes into no file.
protocol TestLayer: Layer {}

extension TestLayer {
  func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    throw NetworkError.notInONNX(layer: description, reason: "it is a test's")
  }
}
