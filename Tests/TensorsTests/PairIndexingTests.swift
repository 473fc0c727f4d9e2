import Testing

@testable import Tensors

/// Several arrays among the indices, `...` and new axes. The right values are NumPy's.
@Suite struct PairIndexingTests {
  /// 0, 1, 2, … in 2×3×4.
  private static func numbers() throws -> Tensor {
    try Tensor((0..<24).map { Double($0) }, [2, 3, 4])
  }

  private static func array(_ positions: [Double], _ shape: Shape? = nil) throws -> Index {
    .gather(try Tensor(positions, shape))
  }

  static let cases: [(String, @Sendable () throws -> [Index], Shape, [Double])] = [
    (
      "pairs", { [try array([0, 1]), try array([2, 0])] }, [2, 4], [8, 9, 10, 11, 12, 13, 14, 15]
    ),
    (
      "triples", { [try array([0, 1]), try array([2, -1]), try array([3, 1])] }, [2], [11, 21]
    ),
    ("behindASlice", { [.all, try array([0, 2]), try array([3, 0])] }, [2, 2], [3, 8, 15, 20]),
    (
      "aroundASlice", { [try array([1, 0]), .all, try array([0, 3])] }, [2, 3],
      [12, 16, 20, 3, 7, 11]
    ),
    (
      "broadcast", { [try array([0, 1], [2, 1]), try array([0, 2, 1])] }, [2, 3, 4],
      [0, 8, 4, 12, 20, 16].flatMap { first in (0..<4).map { Double(first + $0) } }
    ),
    ("withAPosition", { [try array([0, 1]), .at(1), try array([2, 3])] }, [2], [6, 19]),
    (
      "maskAndArray",
      { [.mask(try Tensor(doubles: [1, 1], elementType: .bool)), try array([0, 2])] }, [2, 4],
      [0, 1, 2, 3, 20, 21, 22, 23]
    ),
    ("ellipsisFirst", { [.ellipsis, .at(1)] }, [2, 3], [1, 5, 9, 13, 17, 21]),
    ("ellipsisLast", { [.at(1), .ellipsis] }, [3, 4], (12..<24).map { Double($0) }),
    ("ellipsisForNothing", { [.at(1), .ellipsis, .at(0), .at(0)] }, .scalar, [12]),
    (
      "ellipsisForNothingParts", { [.all, try array([1, 2]), .ellipsis, .at(0)] }, [2, 2],
      [4, 16, 8, 20]
    ),
    ("newAxis", { [.newAxis, .at(0), .at(0), .newAxis] }, [1, 1, 4], [0, 1, 2, 3]),
  ]

  @Test(arguments: 0..<cases.count) func reads(_ number: Int) throws {
    let (name, indices, shape, expected) = Self.cases[number]
    let part = try Self.numbers().subscripted(try indices())
    #expect(part.shape == shape, "\(name)")
    #expect(part.doubles() == expected, "\(name)")
  }

  /// What is written is what is read, and nothing else changes.
  @Test(arguments: 0..<cases.count) func writes(_ number: Int) throws {
    let (name, makeIndices, shape, expected) = Self.cases[number]
    let indices = try makeIndices()
    var tensor = try Self.numbers()
    let value = try Tensor((0..<shape.count).map { -Double($0) - 1 }, shape)
    try tensor.assign(indices, value)
    #expect(try tensor.subscripted(indices).doubles() == value.doubles(), "\(name)")
    let untouched = zip(tensor.doubles(), 0...).filter { $0.0 == Double($0.1) }.count
    #expect(untouched == 24 - Set(expected).count, "\(name)")
  }

  @Test func refusesWhatDoesNotFit() throws {
    let x = try Self.numbers()
    #expect(throws: TensorError.broadcast([2], [3])) {
      try x.subscripted([try Self.array([0, 1]), try Self.array([0, 1, 2])])
    }
    #expect(throws: TensorError.indexOutOfRange(index: 3, axis: 1, length: 3)) {
      try x.subscripted([try Self.array([0, 1]), try Self.array([0, 3])])
    }
    #expect(throws: TensorError.tooManyIndices(count: 4, shape: [2, 3, 4])) {
      try x.subscripted([.at(0), .ellipsis, .at(0), .at(0), .at(0)])
    }
  }
}
