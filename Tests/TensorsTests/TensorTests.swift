import Testing

@testable import Tensors

/// Shapes, memory and views.
@Suite struct TensorTests {
  @Test func shapes() throws {
    #expect(shape([2, 3]).description == "2×3")
    #expect(shape([3]).description == "3")
    #expect(Shape.scalar.description == "number")
    #expect(try shape([2, 1, 4]).broadcast([3, 1]) == [2, 3, 4])
    #expect(try shape([0, 1]).broadcast([1, 5]) == [0, 5])
    #expect(try shape([3]).broadcast([]) == [3])
    #expect(
      error { () throws(TensorError) in try shape([2, 3]).broadcast([2]) }
        == .broadcast([2, 3], [2]))
    #expect(shape([0, 3]).count == 0)
    #expect(try shape([2, 3]).normalized(axis: -2) == 0)
    #expect(
      error { () throws(TensorError) in try shape([2, 3]).normalized(axis: 2) }
        == .axisOutOfRange(axis: 2, rank: 2))
    #expect(
      error { () throws(TensorError) in try shape([2, 3]).normalized(axes: [1, -1]) }
        == .repeatedAxis(-1))
  }

  @Test func impossibleShapes() throws {
    let huge = [1 << 40, 1 << 40]
    #expect(
      error { () throws(TensorError) in try Shape(checking: huge) } == .shapeTooLarge(huge))
    #expect(
      error { () throws(TensorError) in try Shape(checking: [0, 1 << 40, 1 << 40]) }
        == .shapeTooLarge([0, 1 << 40, 1 << 40]))
    #expect(
      error { () throws(TensorError) in try Shape(checking: [2, -1]) } == .negativeDimension(-1))
    let deep = [Int](repeating: 1, count: 33)
    #expect(
      error { () throws(TensorError) in try Shape(checking: deep) } == .rankTooHigh(33, limit: 32))
    // Far more than any machine has: refused before anything is allocated.
    let wanted = error { () throws(TensorError) in
      try Tensor.zeros(try Shape(checking: [1_000_000_000_000]))
    }
    guard case .outOfMemory(let bytes, let available) = wanted else {
      Issue.record("no error for 4 TB")
      return
    }
    #expect(bytes == 4_000_000_000_000)
    #expect(available > 0 && available < bytes)
    #expect(wanted?.message.hasPrefix("not enough memory: 4.0 TB wanted, ") == true)
  }

  @Test func elements() throws {
    let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], [2, 3])
    #expect(x.count == 6 && x.rank == 2 && x.elementType == .f32)
    #expect(x.doubles() == [1, 2, 3, 4, 5, 6])
    #expect(try x.element(at: [1, -1]) == 6)
    #expect(x.item == nil)
    #expect(try Tensor.scalar(2.5).item == 2.5)
    #expect(try x.cast(to: .bool).doubles() == [1, 1, 1, 1, 1, 1])
    #expect(try x.cast(to: .f64).elementType == .f64)
    #expect(try Tensor([0, 2, .nan] as [Double]).cast(to: .bool).doubles() == [0, 1, 1])
    #expect(
      error { () throws(TensorError) in try Tensor([1, 2] as [Float], [3]) }
        == .elementCount(given: 2, shape: [3]))
    #expect(
      error { () throws(TensorError) in try x.element(at: [0, 3]) }
        == .indexOutOfRange(index: 3, axis: 1, length: 3))
    #expect(try Tensor.identity(2).doubles() == [1, 0, 0, 1])
    for (rows, columns, diagonal) in [
      (2, 3, 1), (3, 2, -1), (3, 3, 3), (2, 3, -2), (0, 2, 0), (2, 0, 1),
    ] {
      let ones = try Tensor.identity(rows, columns: columns, diagonal: diagonal)
      let expected = (0..<rows).flatMap { row in
        (0..<columns).map { $0 == row + diagonal ? 1.0 : 0 }
      }
      #expect(ones.doubles() == expected, "\(rows)×\(columns), diagonal \(diagonal)")
    }
    #expect(try x.withFloats { $0.reduce(0, +) } == 21)
    #expect(try x.transposed().withDoubles { Array($0) } == [1, 4, 2, 5, 3, 6])
    #expect(MemoryLayout<Tensor>.size <= 48)
  }

  @Test func copiesAreMadeAtTheFirstWrite() throws {
    var x = try Tensor.zeros([3])
    let y = x
    #expect(x.sharesStorage(with: y))
    try x.withMutableFloats { $0[0] = 1 }
    #expect(!x.sharesStorage(with: y))
    #expect(y.doubles() == [0, 0, 0])
    let before = x.pointer
    try x.withMutableFloats { $0[1] = 1 }
    #expect(x.pointer == before)
    var view = try x.broadcast(to: [2, 3])
    try view.withMutableFloats { $0[5] = 9 }
    #expect(view.doubles() == [1, 1, 0, 1, 1, 9])
    #expect(x.doubles() == [1, 1, 0])
    try x.withMutableDoubles { $0[2] = 0.1 }
    #expect(x.elementType == .f64 && x.doubles()[2] == 0.1)
  }

  @Test func viewsShareMemory() throws {
    let x = try Tensor.sequence(from: 0, step: 1, count: 24).reshaped([2, 3, 4])
    #expect(x.isContiguous)
    let turned = try x.transposed([1, 0, 2])
    #expect(turned.sharesStorage(with: x) && !turned.isContiguous)
    #expect(try x.rows(1..<2).sharesStorage(with: x))
    #expect(try x.rows(1..<2).doubles() == (12..<24).map(Double.init))
    #expect(try x.reshaped([6, -1]).sharesStorage(with: x))
    #expect(try !turned.reshaped([24]).sharesStorage(with: x))
    #expect(try turned.contiguous().doubles() == turned.doubles())
    #expect(try x.squeezed().shape == [2, 3, 4])
    let expanded = try x.expandedDimensions(axis: -1)
    #expect(expanded.shape == [2, 3, 4, 1] && expanded.isContiguous)
    #expect(try expanded.squeezed(axis: -1).shape == x.shape)
    let parts = try x.split(2, axis: 2)
    #expect(parts.count == 2 && parts[1].sharesStorage(with: x))
    expectEqual(try Tensor.concatenate(parts, axis: 2), x)
    expectEqual(try Tensor.stack(x.split(2), axis: 0).reshaped([2, 3, 4]), x)
  }

  @Test func largeTransposedCopies() throws {
    var generator = RandomGenerator(seed: 3)
    for shape in [shape([301, 500]), [7, 65, 33], [5, 4, 40, 50]] {
      for type in [ElementType.f32, .f64] {
        let x = try generator.uniform(shape, type)
        let turned = try x.transposed()
        let copy = try turned.contiguous()
        #expect(copy.isContiguous)
        expectEqual(try copy.transposed().contiguous(), x)
        let row = [Int](repeating: 2, count: shape.rank)
        #expect(try copy.element(at: row) == turned.element(at: row))
      }
    }
  }

  @Test func wrongShapes() throws {
    let x = try Tensor.zeros([2, 3])
    #expect(
      error { () throws(TensorError) in try x.reshaped([4, -1]) }
        == .reshape(from: [2, 3], to: [4, -1]))
    #expect(error { () throws(TensorError) in try x.reshaped([-1, -1]) } != nil)
    #expect(error { () throws(TensorError) in try x.reshaped([7]) } != nil)
    #expect(try Tensor.zeros([0, 4]).reshaped([-1, 2]).shape == [0, 2])
    #expect(error { () throws(TensorError) in try Tensor.zeros([0]).reshaped([0, -1]) } != nil)
    #expect(
      error { () throws(TensorError) in try x.transposed([0, 0]) } == .permutation([0, 0], rank: 2))
    #expect(
      error { () throws(TensorError) in try x.squeezed(axis: 1) } == .squeeze(axis: 1, length: 3))
    #expect(
      error { () throws(TensorError) in try Tensor.concatenate([x, x.transposed()]) }
        == .concatenate([2, 3], [3, 2], axis: 0))
    #expect(error { () throws(TensorError) in try Tensor.concatenate([]) } == .nothingToJoin)
    #expect(
      error { () throws(TensorError) in try Tensor.stack([x, x.transposed()]) }
        == .stackShapes([2, 3], [3, 2]))
    #expect(
      error { () throws(TensorError) in try x.split(2, axis: 1) } == .split(parts: 2, length: 3))
    #expect(
      error { () throws(TensorError) in try x.repeated(-1) }
        == .negativeCount("the number of repetitions", -1))
    #expect(
      error { () throws(TensorError) in try x.broadcast(to: [3, 3]) }
        == .broadcast([2, 3], [3, 3]))
  }

  @Test func messages() throws {
    let left = try Tensor.zeros([10000, 784])
    let right = try Tensor.zeros([1000, 10])
    let wrong = error { () throws(TensorError) in try Tensor.matmul(left, right) }
    #expect(
      wrong?.message == "cannot multiply 10000×784 by 1000×10: inner sizes 784 and 1000 differ")
    #expect(wrong?.hint == nil)
    #expect(TensorError.matmul([2, 3], [4, 3]).hint == "the right operand's transpose would fit")
    #expect(
      TensorError.indexOutOfRange(index: 10, axis: 0, length: 3).message
        == "index 10 is out of range for axis 0 of length 3")
    #expect(
      TensorError.indexOutOfRange(index: 10, axis: 0, length: 3).hint == "axis 0 takes -3 to 2")
    let all: [TensorError] = [
      .outOfMemory(bytes: 0, available: 0), .shapeTooLarge([1, 2]), .negativeDimension(-1),
      .rankTooHigh(40, limit: 32), .elementCount(given: 1, shape: [2]),
      .reshape(from: [2], to: [3]), .broadcast([2], [3]), .axisOutOfRange(axis: 1, rank: 1),
      .repeatedAxis(0), .indexNotWhole(0.5), .tooManyIndices(count: 2, shape: [1]), .zeroStep,
      .maskShape(mask: [1], shape: [2], axis: 0), .severalEllipses,
      .assignment(value: [2], target: [3]), .emptyReduction("max"), .matmul([2, 2, 3], [3, 3, 2]),
      .matmulNumber, .biasShape([2], columns: 3), .concatenate([1], [2], axis: 0), .nothingToJoin,
      .stackShapes([1], [2]), .squeeze(axis: 0, length: 2), .split(parts: 2, length: 3),
      .permutation([0, 0], rank: 2), .negativeCount("a count", -1),
      .notAMatrix(operation: "trace", shape: [1]),
      .notOneDimensional(operation: "bincount", shape: [1, 1]), .notCounts(0.5),
      .sameShape(operation: "mse", [1], [2]), .invalidProgram,
      .library(operation: "matrix product", status: 3), .interrupted,
    ]
    for error in all {
      #expect(!error.message.isEmpty && !error.message.hasSuffix("."), "\(error)")
    }
    #expect(Set(all.map(\.message)).count == all.count)
  }
}
