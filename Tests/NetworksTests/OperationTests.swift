import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// An operation, where to check it, and whether its second derivative is checked too.
struct OperationCase: Sendable, CustomTestStringConvertible {
  let name: String
  let points: [[Tensor]]
  let isSmooth: Bool
  let function: Function

  var testDescription: String { name }

  init(
    _ name: String, _ points: [[Tensor]], isSmooth: Bool = true, _ function: @escaping Function
  ) {
    self.name = name
    self.points = points
    self.isSmooth = isSmooth
    self.function = function
  }
}

enum OperationCases {
  static let pairs: [([Int], [Int])] = [
    ([2, 3], [2, 3]), ([2, 3], [3]), ([3, 1], [1, 4]), ([], [2, 2]), ([1], [3]), ([0, 3], [3]),
    ([2, 1, 3], [4, 1]), ([], []),
  ]
  static let singles: [[Int]] = [[3], [2, 3], [1], [], [0], [2, 1, 3]]

  static func two(_ low: Double = -2, _ high: Double = 2, _ bLow: Double? = nil) throws
    -> [[Tensor]]
  {
    try pairs.enumerated().map { index, shapes in
      [
        try uniform(shapes.0, low, high, seed: UInt64(index)),
        try uniform(shapes.1, bLow ?? low, high, seed: UInt64(index + 50)),
      ]
    }
  }

  /// Numbers, and limits between which some of them lie.
  static func limits() throws -> [[Tensor]] {
    try [[3], [2, 3], []].enumerated().map { index, shape in
      [
        try uniform(shape, -2, 2, seed: UInt64(index)),
        try uniform([], -0.9, -0.4, seed: UInt64(index + 20)),
        try uniform([], 0.3, 0.9, seed: UInt64(index + 30)),
      ]
    }
  }

  static func one(_ low: Double = -2, _ high: Double = 2) throws -> [[Tensor]] {
    try singles.enumerated().map { [try uniform($1, low, high, seed: UInt64($0 + 5))] }
  }

  /// Places of every kind where a function and its neighbourhood are defined.
  static func points(of operation: UnaryOperation) throws -> [[Tensor]] {
    let places = [-2.7, -1.3, -0.85, -0.35, 0.35, 0.85, 1.3, 2.7].filter { x in
      [x - 0.3, x, x + 0.3].allSatisfy { operation($0).isFinite }
    }
    let whole = try Tensor(places)
    return [[whole], [try whole.reshaped([places.count, 1])], [try .scalar(places[0], .f64)]]
  }

  /// Every elementwise operation that its record says has a derivative, and those whose derivative is
  /// 0.
  static func elementwise() throws -> [OperationCase] {
    let functions = try UnaryOperation.allCases.filter { !$0.isLogical }.map { operation in
      OperationCase(
        operation.name, try points(of: operation), isSmooth: !operation.isStepwise
      ) { try .apply(operation, $0[0]) }
    }
    // Away from where the operands are equal or one divides the other.
    let operators = try BinaryOperation.allCases.filter { !$0.isLogical }.map { operation in
      OperationCase(operation.name, try two(2.1, 3.4, 0.9)) {
        try .apply(operation, $0[0], $0[1])
      }
    }
    return functions + operators
  }

  static func choices() throws -> [OperationCase] {
    [
      OperationCase("multiply", try two()) { try .multiply($0[0], $0[1]) },
      OperationCase("divide", try two(0.5)) { try .divide($0[0], $0[1]) },
      OperationCase("minimum", try two(), isSmooth: false) { try .minimum($0[0], $0[1]) },
      OperationCase("where", try two()) {
        let mask = try Tensor.apply(.greater, $0[0].tensor, $0[1].tensor)
        return try .where(mask, $0[0], .multiply($0[1], $0[1]))
      },
      OperationCase("clip", try one(), isSmooth: false) { try .clip($0[0], -0.7, 0.9) },
      OperationCase("clip below", try one(), isSmooth: false) { try .clip($0[0], -0.7, nil) },
      OperationCase("clip between", try limits(), isSmooth: false) {
        try .clip($0[0], between: $0[1], and: $0[2])
      },
      OperationCase("log of sigmoid", try one(-30, 30)) { try .log(.sigmoid($0[0])) },
      OperationCase("log of 1 − sigmoid", try one(-3, 3)) {
        try .log(.subtract(Variable(1), .reshape(.sigmoid($0[0]), to: $0[0].shape)))
      },
      OperationCase("log1p of −sigmoid", try one(-3, 3)) { try .log1p(.negate(.sigmoid($0[0]))) },
      OperationCase("f64", try one()) { try .cast($0[0], to: .f64) },
    ]
  }

  static func reductions() throws -> [OperationCase] {
    let cubes = try [[2, 3], [3], [2, 3, 2], [1, 1]].enumerated().map {
      [try uniform($1, 0.4, 2, seed: UInt64($0 + 20))]
    }
    let matrices = try [[2, 3], [3, 2, 2]].enumerated().map {
      [try uniform($1, 0.4, 2, seed: UInt64($0 + 30))]
    }
    let zeros = [[try Tensor([1.5, 0, 2, 3, 4, 5] as [Double], [2, 3])]]
    let twoZeros = [[try Tensor([1.5, 0, 0, 3, 4, 0.5] as [Double], [2, 3])]]
    return [
      OperationCase("sum", try one()) { try .sum($0[0]) },
      OperationCase("sum axis", matrices) { try .sum($0[0], axes: [1]) },
      OperationCase("sum keeping", matrices) { try .sum($0[0], axes: [-2], keepDimensions: true) },
      OperationCase("mean", cubes) { try .mean($0[0]) },
      OperationCase("mean axis", matrices) { try .mean($0[0], axes: [0]) },
      OperationCase("var", cubes.filter { $0[0].count > 1 }) { try .variance($0[0], ddof: 1) },
      OperationCase("var axis", matrices) { try .variance($0[0], axes: [1]) },
      OperationCase("std", matrices) { try .standardDeviation($0[0], axes: [-1]) },
      OperationCase("max", cubes, isSmooth: false) { try .max($0[0]) },
      OperationCase("max axis", matrices, isSmooth: false) { try .max($0[0], axes: [1]) },
      OperationCase("min axis", matrices, isSmooth: false) {
        try .min($0[0], axes: [0], keepDimensions: true)
      },
      OperationCase("prod", cubes) { try .product($0[0]) },
      OperationCase("prod axis", matrices) { try .product($0[0], axes: [1]) },
      OperationCase("prod with a zero", zeros) { try .product($0[0]) },
      OperationCase("prod with zeros", zeros + twoZeros) { try .product($0[0], axes: [0]) },
      OperationCase("norm", cubes) { try .norm($0[0]) },
      OperationCase("norm axis", matrices) { try .norm($0[0], axes: [1]) },
      OperationCase("cumsum", cubes) { try .cumulativeSum($0[0]) },
      OperationCase("cumsum axis", matrices) { try .cumulativeSum($0[0], axis: -1) },
      OperationCase("softmax", matrices) { try .softmax($0[0]) },
      OperationCase("logSoftmax", matrices) { try .logSoftmax($0[0]) },
      OperationCase("log of softmax", matrices) { try .log(.softmax($0[0])) },
      OperationCase("log of a part of softmax", matrices) {
        try .log(.transpose(.subscripted(.softmax($0[0]), [.at(1)])))
      },
      OperationCase("sort", try one()) { try .sorted($0[0].rank == 0 ? .flatten($0[0]) : $0[0]) },
      OperationCase("sort axis", cubes) { try .sorted($0[0], axis: 0, isDescending: true) },
      OperationCase("linspace", [[try normal([], seed: 8), try normal([], seed: 9)]]) {
        try .linearSpace(from: $0[0], to: $0[1], count: 5, .f64)
      },
      OperationCase("linspace of one", [[try normal([], seed: 8), try normal([], seed: 9)]]) {
        try .linearSpace(from: $0[0], to: $0[1], count: 1, .f64)
      },
      OperationCase("arange", [[try normal([], seed: 8), try normal([], seed: 9)]]) {
        try .sequence(from: $0[0], step: $0[1], count: 4, .f64)
      },
      OperationCase("full", [[try normal([], seed: 8)], [try normal([1, 1], seed: 8)]]) {
        try .full([2, 3], $0[0], .f64)
      },
    ]
  }

  static func shapes() throws -> [OperationCase] {
    let matrix = [[try normal([2, 3], seed: 40)]]
    let two = [[try normal([2, 3], seed: 41), try normal([1, 3], seed: 42)]]
    let alike = [[try normal([2, 3], seed: 43), try normal([2, 3], seed: 44)]]
    let places = try Tensor([1, 0, 1, 1] as [Double])
    let mask = try Tensor(doubles: [1, 0, 1, 0, 0, 1], [2, 3], elementType: .bool)
    return [
      OperationCase("reshape", matrix) { try .reshape($0[0], to: [3, 2]) },
      OperationCase("transpose", matrix) { try .transpose($0[0]) },
      OperationCase("transpose axes", [[try normal([2, 3, 4], seed: 45)]]) {
        try .transpose($0[0], axes: [1, 2, 0])
      },
      OperationCase("broadcast", matrix) { try .broadcast($0[0], to: [4, 2, 3]) },
      OperationCase("concat", two) { try .concatenate($0) },
      OperationCase("concat last", alike) { try .concatenate($0, axis: -1) },
      OperationCase("stack last", alike) { try .stack($0, axis: -1) },
      OperationCase("repeat last", matrix) { try .repeated($0[0], 2, axis: -1) },
      OperationCase("transpose from the end", matrix) { try .transpose($0[0], axes: [-1, -2]) },
      OperationCase("stack", alike) { try .stack($0, axis: 1) },
      OperationCase("squeeze", [[try normal([2, 1, 3], seed: 46)]]) { try .squeeze($0[0]) },
      OperationCase("expand_dims", matrix) { try .expandDimensions($0[0], axis: 1) },
      OperationCase("flatten", matrix) { try .flatten($0[0]) },
      OperationCase("repeat", matrix) { try .repeated($0[0], 3, axis: 1) },
      OperationCase("repeat flat", matrix) { try .repeated($0[0], 2) },
      OperationCase("index", matrix) { try .subscripted($0[0], [.at(-1)]) },
      OperationCase("slice", matrix) {
        try .subscripted($0[0], [.all, .slice(start: 0, stop: nil, step: 2)])
      },
      OperationCase("gather", matrix) { try .subscripted($0[0], [.gather(places)]) },
      OperationCase("mask", matrix) { try .subscripted($0[0], [.mask(mask)]) },
      OperationCase("assign", two) { try .assigned($0[0], at: [.at(0)], .squeeze($0[1])) },
      OperationCase("assign to places named twice", two) {
        try .assigned(
          $0[0], at: [.all, .gather(places)], .subscripted($0[1], [.all, .gather(places)]))
      },
      OperationCase("assign one number to places named twice", two) {
        try .assigned($0[0], at: [.gather(places)], .subscripted($0[1], [.at(0), .at(2)]))
      },
      OperationCase("assign broadcast", two) {
        try .assigned($0[0], at: [.slice(start: 0, stop: 2, step: 1)], $0[1])
      },
    ]
  }

  static func algebra() throws -> [OperationCase] {
    let products: [([Int], [Int])] = [
      ([2, 3], [3, 4]), ([3], [3, 2]), ([2, 3], [3]), ([3], [3]), ([2, 2, 3], [3, 2]),
      ([4, 1, 2, 3], [5, 3, 2]), ([1, 1], [1, 1]), ([0, 3], [3, 2]), ([2, 3], [4, 3, 2]),
    ]
    let points = try products.enumerated().map { index, shapes in
      [
        try normal(shapes.0, seed: UInt64(index + 60)),
        try normal(shapes.1, seed: UInt64(index + 80)),
      ]
    }
    let rows = [
      [
        try uniform([3, 4], 0.1, 1, seed: 90), try uniform([3, 4], 0.1, 1, seed: 91),
      ]
    ]
    return [
      OperationCase("matmul", points) { try .matmul($0[0], $0[1]) },
      OperationCase("dot", [points[3]]) { try .dot($0[0], $0[1]) },
      OperationCase("outer", [points[3]]) { try .outer($0[0], $0[1]) },
      OperationCase("trace", [[try normal([3, 4], seed: 92)]]) { try .trace($0[0]) },
      OperationCase("diag", [[try normal([3, 4], seed: 93)], [try normal([3], seed: 94)]]) {
        try .diagonal($0[0])
      },
      OperationCase("cross_entropy", rows) { try .crossEntropy(target: $0[0], prediction: $0[1]) },
      OperationCase("cross_entropy of softmax", rows) {
        try .crossEntropy(target: $0[0], prediction: .softmax($0[1]))
      },
      OperationCase("averageCE", rows) {
        try .averageCrossEntropy(target: $0[0], prediction: $0[1])
      },
      OperationCase("mse", rows) { try .meanSquaredError(target: $0[0], prediction: $0[1]) },
    ]
  }

  static let all: [OperationCase] = {
    do {
      return try elementwise() + choices() + reductions() + shapes() + algebra()
    } catch {
      Issue.record("the cases cannot be made: \(error)")
      return []
    }
  }()
}

@Suite struct OperationTests {
  @Test(arguments: OperationCases.all)
  func gradientAgreesWithDifferences(_ operation: OperationCase) throws {
    for point in operation.points {
      try checkGradient(operation.name, at: point, operation.function)
    }
  }

  @Test(arguments: OperationCases.all.filter(\.isSmooth))
  func secondDerivativeAgreesWithDifferences(_ operation: OperationCase) throws {
    for point in operation.points where point.allSatisfy({ $0.count <= 12 }) {
      try checkSecondGradient(operation.name, at: point, operation.function)
    }
  }

  @Test func tiesShareTheDerivative() throws {
    let x = try Tensor([3, 1, 3] as [Double])
    #expect(try gradient(of: { try .max($0[0]) }, at: [x])[0].doubles() == [0.5, 0, 0.5])
    let both = try gradient(of: { try .sum(.maximum($0[0], $0[1])) }, at: [x, x])
    #expect(both[0].doubles() == [0.5, 0.5, 0.5])
    #expect(both[1].doubles() == [0.5, 0.5, 0.5])
  }

  @Test(arguments: [ElementType.f64, .f32])
  func equalElementsHaveNoDeviation(_ type: ElementType) throws {
    for value in [0.1, 1, -3e5, 0] {
      let x = try Tensor.full([2, 3], value, type)
      for axes in [nil, [1], [0]] as [[Int]?] {
        let slope = try gradient(
          of: { try .sum(.standardDeviation($0[0], axes: axes)) }, at: [x])[0]
        #expect(slope.doubles() == [0, 0, 0, 0, 0, 0], "\(value)")
        #expect(try x.standardDeviation(axes: axes).doubles().allSatisfy { $0 == 0 })
      }
    }
    // A row that does deviate keeps its slope beside one that does not.
    let rows = try Tensor(doubles: [1, 3, 2, 2], [2, 2], elementType: type)
    let slope = try gradient(
      of: { try .sum(.standardDeviation($0[0], axes: [1])) }, at: [rows])[0]
    #expect(slope.doubles() == [-0.5, 0.5, 0, 0])
  }

  @Test(arguments: [ElementType.f64, .f32])
  func logarithmsOfSaturatedProbabilitiesAreFinite(_ type: ElementType) throws {
    func slopes(_ point: [Double], _ function: Function) throws -> [Double] {
      try gradient(of: { try .sum(function($0)) }, at: [try Tensor(point).cast(to: type)])[0]
        .doubles()
    }
    #expect(
      try slopes([0, 900]) { try .subscripted(.log(.softmax($0[0])), [.at(0)]) } == [1, -1])
    #expect(
      try slopes([0, 900]) { try .log(.subscripted(.softmax($0[0]), [.at(0)])) } == [1, -1])
    #expect(try slopes([-900, 0]) { try .log(.sigmoid($0[0])) } == [1, 0.5])
    #expect(
      try slopes([900, 0]) { try .log(.subtract(Variable(1), .sigmoid($0[0]))) } == [-1, -0.5])
    #expect(try slopes([900, 0]) { try .log1p(.negate(.sigmoid($0[0]))) } == [-1, -0.5])
  }

  @Test func axesCountFromTheEndOnce() throws {
    let x = Variable(try Tensor.zeros([2, 3]))
    for axis in [-4, -3, 3] where axis != -3 {
      let error = TensorError.axisOutOfRange(axis: axis, rank: 2)
      #expect(throws: error) { try Variable.concatenate([x, x], axis: axis) }
      #expect(throws: error) { try Variable.repeated(x, 2, axis: axis) }
      #expect(throws: error) { try Variable.transpose(x, axes: [axis, 0]) }
      #expect(throws: error) { try Variable.sorted(x, axis: axis) }
      #expect(throws: error) { try Variable.sum(x, axes: [axis]) }
      #expect(throws: error) { try Variable.cumulativeSum(x, axis: axis) }
    }
    #expect(throws: TensorError.axisOutOfRange(axis: -4, rank: 3)) {
      try Variable.stack([x, x], axis: -4)
    }
    let watched = Tape().watch(x)
    #expect(throws: TensorError.axisOutOfRange(axis: -3, rank: 2)) {
      try Variable.concatenate([watched, watched], axis: -3)
    }
  }

  @Test func slopesAtKinks() throws {
    let zero = try Tensor([0] as [Double])
    func slope(_ function: Function) throws -> Double? {
      try gradient(of: { try .sum(function($0)) }, at: [zero])[0].item
    }
    #expect(try slope { try .relu($0[0]) } == 0)
    #expect(try slope { try .abs($0[0]) } == 0)
    #expect(try slope { try .norm($0[0]) } == 0)
    #expect(try slope { try .power($0[0], Variable(2)) } == 0)
    #expect(try slope { try .power($0[0], Variable(1)) } == 1)
  }

  @Test func gradientsHaveTheirOperandsType() throws {
    let x = try Tensor([1, 2, 3] as [Float])
    let number = try Tensor.scalar(2, .f64)
    let parts = try gradient(of: { try .sum(.multiply($0[0], $0[1])) }, at: [x, number])
    #expect(parts[0].elementType == .f32)
    #expect(parts[1].elementType == .f64)
    #expect(parts[1].item == 6)
    let exact = try gradient(of: { try .sum(.exp($0[0])) }, at: [try x.cast(to: .f64)])
    #expect(exact[0].elementType == .f64)
  }

  @Test func crossEntropyOfSoftmaxStaysFinite() throws {
    let logits = try Tensor([1e4, -1e4, 0, -1e4, 1e4, 0] as [Float], [2, 3])
    let target = try Tensor([0, 1, 0, 0, 1, 0] as [Float], [2, 3])
    let loss: Function = {
      try .crossEntropy(target: Variable(target), prediction: .softmax($0[0]))
    }
    let value = try loss([Variable(logits)])
    #expect(value.tensor.item?.isFinite == true)
    let tape = Tape()
    let watched = tape.watch(logits)
    let recorded = try loss([watched])
    #expect(recorded.tensor.item == 1e4)
    let slope = try tape.sweep(from: recorded, to: [watched])[0]
    #expect(slope.tensor.doubles() == [0.5, -0.5, 0, 0, 0, 0])
  }

  @Test func lossesRefuseDifferentShapes() throws {
    let (a, b) = (Variable(try Tensor.zeros([2, 3])), Variable(try Tensor.zeros([3])))
    #expect(throws: TensorError.self) { try Variable.crossEntropy(target: a, prediction: b) }
    #expect(throws: TensorError.self) { try Variable.meanSquaredError(target: a, prediction: b) }
  }
}
