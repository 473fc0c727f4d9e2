import Testing

@testable import Operations
@testable import Tensors

/// How the same numbers may lie in memory otherwise than one after another.
enum Layout: String, CaseIterable, Sendable {
  /// The axes in reversed order of memory.
  case transposed
  /// Every axis runs backwards.
  case backwards
  /// Every second element of a larger tensor, not from its first on.
  case spaced
  /// The first axis is one slice, repeated with a stride of 0.
  case stretchedFirst
  /// The last axis is one slice, repeated with a stride of 0.
  case stretchedLast
  /// One number, repeated with strides of 0.
  case stretched

  /// A view with the numbers of `tensor`; of a stretched axis those of its first slice.
  func view(of tensor: Tensor) throws -> Tensor {
    if tensor.rank == 0 { return tensor }
    let all = [Index](repeating: .all, count: tensor.rank)
    switch self {
    case .transposed: return try tensor.transposed().copied(as: tensor.elementType).transposed()
    case .backwards:
      let turn = [Index](
        repeating: .slice(start: nil, stop: nil, step: -1), count: tensor.rank)
      return try tensor.subscripted(turn).copied(as: tensor.elementType).subscripted(turn)
    case .spaced:
      var large = try Tensor.full(
        Shape(checking: tensor.shape.dimensions.map { 2 * $0 + 3 }), .nan, tensor.elementType)
      let places = tensor.shape.dimensions.map {
        Index.slice(start: 2, stop: 2 + 2 * $0, step: 2)
      }
      try large.assign(places, tensor)
      return try large.subscripted(places)
    case .stretchedFirst: return try stretching(tensor, [.slice(start: 0, stop: 1, step: 1)])
    case .stretchedLast:
      return try stretching(tensor, all.dropLast() + [.slice(start: 0, stop: 1, step: 1)])
    case .stretched:
      return try stretching(
        tensor, all.map { _ in Index.slice(start: 0, stop: 1, step: 1) })
    }
  }

  private func stretching(_ tensor: Tensor, _ indices: [Index]) throws -> Tensor {
    guard tensor.count > 0 else { return tensor }
    return try tensor.subscripted(indices).broadcast(to: tensor.shape)
  }
}

/// Every operation over views beside the same over copies of them: values and gradients.
@Suite struct ViewTests {
  /// Products in which an axis has length 1, beside the other operations.
  static let cases: [OperationCase] = {
    do {
      let products: [([Int], [Int])] = [
        ([5, 2], [2, 1]), ([1, 3], [3, 4]), ([5, 1], [1, 4]), ([6, 1], [1, 1]), ([1, 1], [1, 6]),
        ([2, 5, 3], [3, 1]), ([2, 1, 3], [2, 3, 1]), ([70, 3], [3, 1]), ([1, 70], [70, 1]),
      ]
      let points = try products.enumerated().map { index, shapes in
        [
          try normal(shapes.0, seed: UInt64(index + 160)),
          try normal(shapes.1, seed: UInt64(index + 180)),
        ]
      }
      return OperationCases.all + [
        OperationCase("matmul with axes of 1", points) { try .matmul($0[0], $0[1]) }
      ]
    } catch {
      Issue.record("the cases cannot be made: \(error)")
      return []
    }
  }()

  @Test(arguments: cases, [ElementType.f64, .f32])
  func viewsAreWorthTheirCopies(_ operation: OperationCase, _ type: ElementType) throws {
    let tolerance = type == .f64 ? 1e-12 : 2e-5
    for point in operation.points {
      let point = try point.map { try $0.cast(to: type) }
      for layout in Layout.allCases {
        let views = try point.map { try layout.view(of: $0) }
        let copies = try views.map { try $0.copied(as: type) }
        let place = "\(operation.name) \(layout) \(point.map(\.shape)) \(type)"
        #expect(
          same(
            try operation.function(views.map { Variable($0) }).tensor,
            try operation.function(copies.map { Variable($0) }).tensor, tolerance), "\(place)")
        let expected = try gradients(operation.function, copies, .plain)
        for ending in Ending.allCases {
          let found = try gradients(operation.function, views, ending)
          for (found, expected) in zip(found, expected) {
            #expect(same(found, expected, tolerance), "\(ending) gradient of \(place)")
          }
        }
      }
    }
  }

  /// How a result of several numbers becomes one: with ones that lie in memory, or with a sum or
  /// mean, whose derivative is one number stretched.
  enum Ending: CaseIterable { case plain, sum, mean }

  private func gradients(
    _ function: Function, _ point: [Tensor], _ ending: Ending
  ) throws -> [Tensor] {
    try gradient(
      of: { variables in
        let result = try function(variables)
        switch ending {
        case .plain:
          let ones = try Tensor.full(result.shape, 1, result.elementType.arithmetic)
          return try .sum(.multiply(result, Variable(ones)))
        case .sum: return try .sum(result)
        case .mean:
          return try .multiply(.mean(result), Variable(Double(max(1, result.count))))
        }
      }, at: point)
  }

  /// NaN where the other is; otherwise near it.
  private func same(_ a: Tensor, _ b: Tensor, _ tolerance: Double) -> Bool {
    guard a.shape == b.shape, a.elementType == b.elementType else { return false }
    return zip(a.doubles(), b.doubles()).allSatisfy { a, b in
      a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
    }
  }
}
