/// Elements and parts that positions alone name, without the plan that other indices need.
extension Tensor {
  /// The part at some positions, one for each of the first axes, as a view; nil where other indices
  /// are among them, or one is out of range.
  func part(at indices: [Index]) -> Tensor? {
    guard !indices.isEmpty,
      let start = start(
        count: indices.count, { if case .at(let p) = indices[$0] { p } else { nil } })
    else { return nil }
    return Tensor(
      storage: storage, shape: Shape(unchecked: Array(shape.dimensions[indices.count...])),
      strides: customStrides.map { Array($0[indices.count...]) }, offset: start,
      elementType: elementType)
  }

  /// The element of a vector; nil where it is none, or the position is out of range.
  package func element(_ position: Int) -> Double? {
    guard rank == 1, let start = start(count: 1, { _ in position }) else { return nil }
    return number(at: start)
  }

  /// The element of a matrix; nil where it is none, or a position is out of range.
  package func element(_ row: Int, _ column: Int) -> Double? {
    guard rank == 2, let start = start(count: 2, { $0 == 0 ? row : column }) else { return nil }
    return number(at: start)
  }

  /// Writes a number to one element where nobody shares this tensor's memory and its type holds the
  /// number; false, with nothing done, in all other cases.
  package mutating func store(_ number: Double, at indices: [Index]) -> Bool {
    guard indices.count == rank,
      let start = start(count: rank, { if case .at(let p) = indices[$0] { p } else { nil } })
    else { return false }
    return store(number, atOffset: start)
  }

  /// The same for a vector.
  package mutating func store(_ number: Double, at position: Int) -> Bool {
    guard rank == 1, let start = start(count: 1, { _ in position }) else { return false }
    return store(number, atOffset: start)
  }

  /// The same for a matrix.
  package mutating func store(_ number: Double, at row: Int, _ column: Int) -> Bool {
    guard rank == 2, let start = start(count: 2, { $0 == 0 ? row : column }) else { return false }
    return store(number, atOffset: start)
  }

  private mutating func store(_ number: Double, atOffset start: Int) -> Bool {
    let isHeld = elementType == .f32 && ElementType.working == .f32 && number.fitsFloat32
    guard isHeld || elementType == .f64, isContiguous, isKnownUniquelyReferenced(&storage) else {
      return false
    }
    storage.willChange()
    // SAFETY: the offset is one of an element.
    if elementType == .f64 {
      storage.pointer.storeBytes(of: number, toByteOffset: start * 8, as: Double.self)
    } else {
      storage.pointer.storeBytes(of: Float(number), toByteOffset: start * 4, as: Float.self)
    }
    return true
  }

  private func number(at start: Int) -> Double {
    // SAFETY: the offset is one of an element.
    withExtendedLifetime(storage) {
      elementType == .f64
        ? storage.pointer.load(fromByteOffset: start * 8, as: Double.self)
        : Double(storage.pointer.load(fromByteOffset: start * 4, as: Float.self))
    }
  }

  /// Where in the storage the part at positions of the first axes begins, in elements; nil where
  /// there are more than axes, or one is out of range or missing.
  @inline(__always)
  private func start(count: Int, _ position: (Int) -> Int?) -> Int? {
    guard count <= rank else { return nil }
    var along = 0
    for axis in 0..<rank {
      let length = shape[axis]
      var place = 0
      if axis < count {
        guard let given = position(axis) else { return nil }
        place = given < 0 ? given &+ length : given
        guard place >= 0, place < length else { return nil }
      }
      if let customStrides {
        along += place * customStrides[axis]
      } else {
        along = along * max(1, length) + place
      }
    }
    return offset + along
  }
}
