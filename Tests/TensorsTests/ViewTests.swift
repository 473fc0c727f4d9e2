import Testing

@testable import Tensors

/// What is no differentiable operation, over views beside copies of them.
@Suite struct ViewTests {
  /// Views of every kind: transposed, backwards, spaced, stretched, empty, with axes of length 1.
  static func views(_ type: ElementType) throws -> [(name: String, view: Tensor)] {
    let base = try Tensor(
      doubles: (0..<24).map { Double($0 * 7 % 11) - 3 }, [2, 3, 4], elementType: type)
    let column = try base.reshaped([24, 1]).subscripted([.slice(start: 1, stop: 9, step: 3)])
    let number = try Tensor.scalar(2, type)
    return [
      ("transposed", try base.transposed()),
      ("backwards", try base.subscripted([.slice(start: nil, stop: nil, step: -1)])),
      ("spaced", try base.subscripted([.all, .all, .slice(start: 1, stop: nil, step: 2)])),
      ("from an offset", try base.subscripted([.at(1)])),
      ("a column", column), ("a row", try column.transposed()),
      ("a stretched column", try column.broadcast(to: [3, 4])),
      ("a stretched row", try column.transposed().broadcast(to: [4, 3])),
      ("a stretched number as a column", try number.broadcast(to: [5, 1])),
      ("a stretched number as a row", try number.broadcast(to: [1, 5])),
      ("a stretched number", try number.broadcast(to: [2, 2])),
      ("one element", try base.subscripted([.slice(start: 1, stop: 2, step: 1), .at(0), .at(0)])),
      ("empty", try base.subscripted([.slice(start: 1, stop: 1, step: 1)])),
      ("empty inside", try base.subscripted([.all, .slice(start: 3, stop: nil, step: 1)])),
    ]
  }

  static let functions: [(name: String, function: @Sendable (Tensor) throws -> [Double])] = [
    ("doubles", { $0.doubles() }),
    ("contiguous", { try $0.contiguous().doubles() }),
    ("cast", { try $0.cast(to: .f64).cast(to: .f32).cast(to: .bool).doubles() }),
    ("floats", { try $0.withFloats { $0.map(Double.init) } }),
    ("withDoubles", { try $0.withDoubles { Array($0) } }),
    ("sorted", { try $0.sorted(axis: 0).doubles() }),
    ("sorted down", { try $0.sorted(isDescending: true).doubles() }),
    ("argsorted", { try $0.argsorted(axis: 0).doubles() }),
    ("unique", { try $0.unique().doubles() }),
    ("argmax", { try $0.argmax().doubles() }),
    ("argmin of an axis", { try $0.argmin(axis: -1).doubles() }),
    ("any", { try $0.reduce(.any, axes: [0]).doubles() }),
    ("all", { try $0.reduce(.all).doubles() }),
    ("bincount", { try Tensor.apply(.abs, $0).flattened().bincount().doubles() }),
    ("flattened", { try $0.flattened().doubles() }),
    ("squeezed", { try $0.squeezed().doubles() }),
    ("rows", { try $0.rows(0..<$0.shape[0] / 2).doubles() }),
    ("split", { try $0.split($0.shape[0]).flatMap { $0.doubles() } }),
    ("compared", { try Tensor.apply(.lessOrEqual, $0, 1).doubles() }),
    ("isfinite", { try Tensor.apply(.isfinite, $0).doubles() }),
    ("masked", { try $0.subscripted([.mask(Tensor.apply(.greater, $0, 0))]).doubles() }),
    ("gathered", { try $0.subscripted([.gather(Tensor([-1, 0, -1] as [Double]))]).doubles() }),
    ("chosen", { try Tensor.where(Tensor.apply(.greater, $0, 0), $0, .scalar(9)).doubles() }),
    ("with itself transposed", { try Tensor.matmul($0.flattened(), $0.flattened()).doubles() }),
    ("softmax", { try $0.softmax().doubles() }),
    ("variance", { try $0.variance(axes: [0]).doubles() }),
    (
      "added in place",
      {
        var copy = $0
        try copy.apply(.add, with: $0)
        return copy.doubles()
      }
    ),
    (
      "written to",
      {
        var copy = $0
        try copy.assign([.slice(start: 0, stop: 1, step: 1)], .scalar(77))
        return copy.doubles() + $0.doubles()
      }
    ),
    (
      "written to through an array",
      {
        var copy = $0
        try copy.assign([.gather(Tensor([-1, 0] as [Double]))], .scalar(77))
        return copy.doubles() + $0.doubles()
      }
    ),
    (
      "written as floats",
      {
        var copy = $0
        try copy.withMutableFloats { for index in $0.indices { $0[index] += Float(index) } }
        return copy.doubles() + $0.doubles()
      }
    ),
    (
      "put into another",
      {
        var target = try Tensor.zeros($0.shape, .f64)
        try target.assign([.all], $0)
        return try target.accumulated(at: [.all], adding: $0).doubles()
      }
    ),
  ]

  @Test(arguments: [ElementType.f32, .f64, .bool])
  func viewsAreWorthTheirCopies(_ type: ElementType) throws {
    for (name, view) in try Self.views(type) {
      let copy = try view.copied(as: type)
      for (operation, function) in Self.functions {
        // What an empty tensor refuses it refuses either way.
        let expected = try? function(copy)
        let found = try? function(view)
        #expect(
          Self.same(found, expected),
          "\(operation) of \(name): \(String(describing: found)), not \(String(describing: expected))"
        )
      }
    }
  }

  private static func same(_ a: [Double]?, _ b: [Double]?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.count == b.count
      && zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN || abs($0 - $1) < 1e-6 }
  }

  @Test(arguments: [ElementType.f32, .f64])
  func aNaNPassesThroughARectifiedProduct(_ type: ElementType) throws {
    for (rows, columns, terms) in [(1, 1, 1), (3, 5, 2), (200, 300, 40), (5, 7, 5000), (2, 3, 0)] {
      let left = try Tensor.full(Shape(checking: [rows, terms]), -1, type)
      let right = try Tensor.full(Shape(checking: [terms, columns]), 1, type)
      var bias = try Tensor.full(Shape(checking: [columns]), -0.5, type)
      try bias.assign([.at(columns - 1)], .scalar(.nan, .f64))
      let result = try Tensor.matmul(left, right, bias: bias, activation: .relu)
      let expected = (0..<columns).map { $0 == columns - 1 ? Double.nan : 0 }
      for row in 0..<rows {
        let found = try result.subscripted([.at(row)]).doubles()
        #expect(Self.same(found, expected), "\(rows)×\(terms) by \(columns)")
      }
    }
  }

  @Test func descendingOrderKeepsNaNLast() throws {
    let x = try Tensor([2, .nan, -1, 5, .nan, 2] as [Float], [2, 3])
    let down = try x.sorted(isDescending: true).doubles()
    #expect(down[0] == 2 && down[1] == -1 && down[2].isNaN)
    #expect(down[3] == 5 && down[4] == 2 && down[5].isNaN)
    #expect(try x.argsorted(isDescending: true).doubles() == [0, 2, 1, 0, 2, 1])
    let mask = try Tensor(doubles: [0, 1, 0], elementType: .bool).sorted(isDescending: true)
    #expect(mask.elementType == .bool && mask.doubles() == [1, 0, 0])
  }
}
