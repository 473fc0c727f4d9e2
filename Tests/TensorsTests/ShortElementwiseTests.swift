import Testing

@testable import Tensors

/// What small tensors and single elements have ways of their own for is the same, bit by bit, as
/// what the general way gives.
@Suite struct ShortElementwiseTests {
  private func numbers(_ count: Int, _ type: ElementType, seed: Int) throws -> Tensor {
    let doubles = (0..<count).map { place -> Double in
      switch (place + seed) % 17 {
      case 3: 0
      case 5: -0.0
      case 11: .infinity
      case 13: .nan
      default: Double((place * 37 + seed * 11) % 101 - 50) / 7
      }
    }
    return try Tensor(doubles: doubles, elementType: type)
  }

  private func bits(_ tensor: Tensor) -> [UInt64] { tensor.doubles().map(\.bitPattern) }

  @Test(arguments: UnaryOperation.allCases, [ElementType.f32, .f64])
  func unaryOperations(_ operation: UnaryOperation, _ type: ElementType) throws {
    for count in [1, 3, 12, 1024, 1025] {
      let x = try numbers(count, type, seed: count)
      let general = try ElementwiseProgram.of(operation).run([.tensor(x)])
      let result = try Tensor.apply(operation, x)
      #expect(bits(result) == bits(general))
      #expect(result.elementType == general.elementType)
      #expect(result.shape == general.shape)
    }
  }

  @Test(arguments: BinaryOperation.allCases, [ElementType.f32, .f64])
  func binaryOperations(_ operation: BinaryOperation, _ type: ElementType) throws {
    for count in [1, 3, 12, 1024, 1025] {
      let (x, y) = (try numbers(count, type, seed: 1), try numbers(count, type, seed: 6))
      let program = ElementwiseProgram.of(operation)
      let pairs = [
        (try Tensor.apply(operation, x, y), try program.run([.tensor(x), .tensor(y)])),
        (try Tensor.apply(operation, x, 2.5), try program.run([.tensor(x), .scalar(2.5)])),
        (try Tensor.apply(operation, -3, y), try program.run([.scalar(-3), .tensor(y)])),
      ]
      for (result, general) in pairs {
        #expect(bits(result) == bits(general))
        #expect(result.elementType == general.elementType)
        #expect(result.shape == general.shape)
      }
    }
  }

  @Test func otherLayoutsAndTypesGoTheGeneralWay() throws {
    let x = try numbers(6, .f32, seed: 1).reshaped([2, 3])
    let y = try numbers(6, .f32, seed: 2).reshaped([3, 2])
    let sum = try Tensor.apply(.add, x, try y.transposed())
    #expect(sum.shape == [2, 3])
    #expect(try Tensor.apply(.add, x, try numbers(3, .f64, seed: 3)).elementType == .f64)
    #expect(try Tensor.apply(.less, x, x).elementType == .bool)
    #expect(throws: TensorError.self) { try Tensor.apply(.add, x, y) }
  }

  /// Views of a matrix of which every element is another number.
  static let views: [@Sendable (Tensor) throws -> Tensor] = [
    { $0 }, { try $0.transposed() }, { try $0.subscripted([.slice(start: 1, stop: nil, step: 2)]) },
    { try $0.subscripted([.all, .slice(start: nil, stop: nil, step: -1)]) },
    { try $0.reshaped([2, 2, 5]) }, { try $0.flattened() }, { try $0.cast(to: .f64) },
  ]

  @Test(arguments: views.indices) func positionsLeadToTheirParts(view: Int) throws {
    let matrix = try Tensor(doubles: (0..<20).map(Double.init), elementType: .f32)
      .reshaped([4, 5])
    let x = try Self.views[view](matrix)
    for place in -x.shape[0]..<x.shape[0] {
      let start = place < 0 ? place + x.shape[0] : place
      let slice = try x.subscripted([.slice(start: start, stop: start + 1, step: 1)])
      let part = try x.subscripted([.at(place)])
      #expect(part.shape.dimensions == Array(x.shape.dimensions.dropFirst()))
      #expect(part.doubles() == slice.doubles())
      #expect(part.elementType == x.elementType)
      if x.rank == 1 { #expect(x.element(place) == slice.doubles()[0]) }
      if x.rank == 2 {
        for column in -x.shape[1]..<x.shape[1] {
          let element = try x.subscripted([.at(place), .at(column)])
          #expect(element.item == x.element(place, column))
          #expect(element.item == slice.doubles()[column < 0 ? column + x.shape[1] : column])
        }
      }
    }
    for place in [x.shape[0], -x.shape[0] - 1, .max, .min] {
      #expect(throws: TensorError.self) { try x.subscripted([.at(place)]) }
      #expect(x.element(place) == nil)
      #expect(x.element(place, 0) == nil)
    }
  }

  @Test(arguments: [ElementType.f32, .f64, .bool]) func storedElementsAreAssignedOnes(
    _ type: ElementType
  ) throws {
    for number in [0.1, -2, 1e300, 1e-300, 16_777_217, .nan] {
      var stored = try Tensor.zeros([2, 3], type)
      var assigned = try Tensor.zeros([2, 3], type)
      let isStored = stored.store(number, at: [.at(1), .at(-1)])
      try assigned.assign([.at(1), .at(-1)], try Tensor.scalar(number, .f64))
      if isStored { #expect(bits(stored) == bits(assigned)) }
      #expect(isStored == (type == .f64 || type == .f32 && number.fitsFloat32))
    }
  }

  @Test func whatIsSharedIsNotStoredTo() throws {
    var x = try Tensor.zeros([3])
    let y = x
    let isSharedStored = x.store(1, at: 0)
    #expect(!isSharedStored)
    #expect(y.doubles() == [0, 0, 0])
  }

  @Test func whatIsStoredIsNewContent() throws {
    var x = try Tensor.zeros([3])
    let before = x.storage.stamp
    let isStored = x.store(1, at: -1)
    #expect(isStored)
    #expect(x.doubles() == [0, 0, 1])
    #expect(x.storage.stamp != before)
    let isStoredBeyond = x.store(1, at: 3)
    #expect(!isStoredBeyond)
  }
}
