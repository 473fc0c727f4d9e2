import Testing

@testable import Tensors

private func slice(_ start: Int?, _ stop: Int?, _ step: Int = 1) -> Index {
  .slice(start: start, stop: stop, step: step)
}

/// Reading and writing parts of a tensor, beside NumPy.
@Suite struct IndexingTests {
  let y: Tensor
  let places: Tensor
  let repeated: Tensor
  let mask4: Tensor
  let mask54: Tensor

  init() throws {
    y = try Tensor.sequence(from: 0, step: 1, count: 120, .f64).reshaped([2, 5, 4, 3])
    places = try Tensor([3, 0, -1] as [Float])
    repeated = try Tensor([0, 0] as [Float])
    mask4 = try Tensor(doubles: [1, 0, 1, 1], elementType: .bool)
    mask54 = try Tensor(doubles: (0..<20).map { $0 % 3 == 1 ? 1 : 0 }, [5, 4], elementType: .bool)
  }

  private var reads: [(String, [Index])] {
    get throws {
      let matrix = try Tensor([0, 1, 2, 4] as [Float], [2, 2])
      return [
        ("at", [.at(1)]), ("last", [.all, .at(-1)]), ("slice", [.all, slice(1, 4)]),
        ("step", [.all, slice(nil, nil, 2), slice(nil, nil, -1)]),
        ("reverse", [slice(nil, nil, -1)]), ("negative", [.all, slice(-3, -1)]),
        ("empty", [.all, slice(4, 2)]), ("clamped", [.all, slice(-100, 100, 3)]),
        ("backwards", [.all, slice(3, 0, -2)]), ("gather", [.all, .gather(places)]),
        (
          "gatherLast", [.all, .all, .all, .gather(try places.rows(1..<3))]
        ), ("gatherMatrix", [.all, .gather(matrix)]), ("mask", [.all, .all, .mask(mask4)]),
        ("mask2", [.all, .mask(mask54)]), ("mixed", [.all, .gather(places), slice(1, 3)]),
        ("atGather", [.all, .at(2), .gather(places)]),
        ("atSliceGather", [.at(0), .all, .gather(places)]),
        ("gatherSliceAt", [.all, .gather(places), .all, .at(1)]),
        ("atMask", [.at(1), .all, .mask(mask4)]),
      ]
    }
  }

  @Test func reading() throws {
    for (name, indices) in try reads {
      let expected = try Fixture.named("index.\(name)")
      expectEqual(try y.subscripted(indices), expected, name)
      expectEqual(try y.cast(to: .f32).subscripted(indices), expected, name)
      // The same parts of a tensor that lies in memory in another order.
      let turned = try y.transposed().contiguous().transposed()
      expectEqual(try turned.subscripted(indices), expected, name)
    }
  }

  @Test func writing() throws {
    let writes: [(String, [Index], Tensor)] = [
      ("at", [.at(1), .at(-1)], try Tensor.scalar(7)),
      (
        "slice", [.all, slice(1, 4, 2), .all, slice(nil, nil, -1)],
        try Tensor([10, 20, 30] as [Double])
      ), ("mask", [.all, .mask(mask54)], try Tensor([-1, -2, -3] as [Double], [1, 3])),
      (
        "gather", [.all, .gather(places)],
        try Tensor.sequence(from: 0, step: 1, count: 12).reshaped([4, 3])
      ),
      ("repeated", [.all, .gather(repeated)], try Tensor([1, 2] as [Float], [2, 1, 1])),
      (
        "atSliceGather", [.at(0), .all, .gather(places)],
        try Tensor.sequence(from: 0, step: 1, count: 45).reshaped([3, 5, 3])
      ),
    ]
    for (name, indices, value) in writes {
      var copy = y
      try copy.assign(indices, value)
      expectEqual(copy, try Fixture.named("assign.\(name)"), name)
      #expect(y.doubles() == (0..<120).map(Double.init))
      var turned = try y.transposed().contiguous().transposed()
      try turned.assign(indices, value)
      expectEqual(turned, try Fixture.named("assign.\(name)"), name)
      // What was written reads back, where no place is named twice.
      if name != "repeated" && name != "atSliceGather" {
        let part = try copy.subscripted(indices)
        expectEqual(part, try value.cast(to: .f64).broadcast(to: part.shape), name)
      }
    }
  }

  @Test func accumulating() throws {
    let indices: [Index] = [.all, .gather(try Tensor([0, 0, 2] as [Float]))]
    expectEqual(
      try y.accumulated(at: indices, adding: Tensor.scalar(1)), try Fixture.named("accumulate"))
    let basic = try Tensor.zeros([3], .f32).accumulated(
      at: [slice(1, nil)], adding: Tensor([5, 6] as [Float]))
    #expect(basic.doubles() == [0, 5, 6])
  }

  @Test func writingIsInPlaceOnlyWhereUnshared() throws {
    var own = try Tensor.zeros([4, 4])
    let before = own.pointer
    try own.assign([.at(0)], Tensor.scalar(1))
    #expect(own.pointer == before)
    let shared = own
    try own.assign([.at(1)], Tensor.scalar(2))
    #expect(own.pointer != before)
    #expect(try shared.element(at: [1, 0]) == 0)
    #expect(!own.sharesStorage(with: shared))
  }

  @Test func assigningAPartOfItself() throws {
    var x = try Tensor([1, 2, 3, 4] as [Float])
    try x.assign([slice(1, nil)], try x.subscripted([slice(nil, -1)]))
    #expect(x.doubles() == [1, 1, 2, 3])
    try x.assign([slice(nil, nil, -1)], x)
    #expect(x.doubles() == [3, 2, 1, 1])
  }

  @Test func emptyMasksAndPlaces() throws {
    var x = try Tensor([1, 2, 3] as [Float])
    let none = try Tensor.zeros([3], .bool)
    #expect(try x.subscripted([.mask(none)]).shape == [0])
    try x.assign([.mask(none)], Tensor.scalar(9))
    #expect(x.doubles() == [1, 2, 3])
    let nowhere = try Tensor([] as [Float])
    #expect(try y.subscripted([.all, .gather(nowhere)]).shape == [2, 0, 4, 3])
    #expect(try Tensor.zeros([0, 3]).subscripted([.all, .at(1)]).shape == [0])
  }

  @Test func wrongIndices() throws {
    #expect(
      error { () throws(TensorError) in try y.subscripted([.at(2)]) }
        == .indexOutOfRange(index: 2, axis: 0, length: 2))
    #expect(
      error { () throws(TensorError) in try y.subscripted([.all, .at(-6)]) }
        == .indexOutOfRange(index: -6, axis: 1, length: 5))
    let far = try Tensor([0, 5] as [Float])
    #expect(
      error { () throws(TensorError) in try y.subscripted([.all, .gather(far)]) }
        == .indexOutOfRange(index: 5, axis: 1, length: 5))
    let half = try Tensor([0.5] as [Float])
    #expect(
      error { () throws(TensorError) in try y.subscripted([.gather(half)]) } == .indexNotWhole(0.5))
    #expect(
      error { () throws(TensorError) in
        try y.subscripted([.at(0), .at(0), .at(0), .at(0), .at(0)])
      } == .tooManyIndices(count: 5, shape: [2, 5, 4, 3]))
    #expect(
      error { () throws(TensorError) in try y.subscripted([slice(nil, nil, 0)]) } == .zeroStep)
    #expect(
      error { () throws(TensorError) in try y.subscripted([.mask(mask4)]) }
        == .maskShape(mask: [4], shape: [2, 5, 4, 3], axis: 0))
    #expect(
      error { () throws(TensorError) in
        try y.subscripted([.ellipsis, .at(0), .ellipsis])
      } == .severalEllipses)
    var copy = y
    #expect(
      error { () throws(TensorError) in try copy.assign([.at(0)], try Tensor.zeros([2])) }
        == .assignment(value: [2], target: [5, 4, 3]))
    let extremes = try y.subscripted([slice(Int.min, Int.max, Int.max), slice(nil, nil, Int.min)])
    #expect(extremes.shape == [1, 1, 4, 3])
    #expect(error { () throws(TensorError) in try y.rows(1..<3) } != nil)
  }
}
