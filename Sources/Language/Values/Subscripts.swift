import Tensors

/// What stood between the brackets, evaluated.
package enum SubscriptValue {
  case index(Value)
  case slice(start: Value?, stop: Value?, step: Value?)
  case ellipsis
  case newAxis

  /// Puts the operands, which follow each other, into the places of a pattern.
  static func filling(
    _ patterns: [SubscriptPattern], from operands: UnsafeMutablePointer<Value>,
    _ position: inout Int
  ) -> [SubscriptValue] {
    // SAFETY: the compiler counted the operands of the pattern.
    func next() -> Value {
      position += 1
      return operands[position - 1]
    }
    return patterns.map { pattern in
      switch pattern {
      case .index: return .index(next())
      case .slice(let start, let stop, let step):
        return .slice(
          start: start ? next() : nil, stop: stop ? next() : nil, step: step ? next() : nil)
      case .ellipsis: return .ellipsis
      case .newAxis: return .newAxis
      }
    }
  }

  /// For a tensor.
  package func tensorIndex() throws -> Index {
    switch self {
    case .slice(let start, let stop, let step):
      return .slice(
        start: try Self.bound(start), stop: try Self.bound(stop), step: try Self.bound(step) ?? 1)
    case .index(let value): return try Self.tensorIndex(value)
    case .ellipsis: return .ellipsis
    case .newAxis: return .newAxis
    }
  }

  private static func tensorIndex(_ value: Value) throws -> Index {
    switch value {
    case .number(let number): return .at(try whole(number))
    case .tensor(let box):
      return box.content.elementType == .bool ? .mask(box.content) : .gather(box.content)
    case .traced(let box):
      value.noteCut("an index", reason: "it is a position, which jumps from one to the next")
      if box.content.rank == 0, let item = box.content.tensor.item { return .at(try whole(item)) }
      return .gather(box.content.tensor)
    case .list(let box):
      if box.content.isEmpty { return .gather(try Tensor.zeros([0])) }
      let areTruths = box.content.allSatisfy { if case .bool = $0 { true } else { false } }
      if let tensor = try value.asTensor() {
        return areTruths ? .mask(try tensor.cast(to: .bool)) : .gather(tensor)
      }
    case .range:
      if let tensor = try value.asTensor() { return .gather(tensor) }
    default: break
    }
    throw RuntimeError.other(
      "an index is a whole number, a list, a mask or a slice, not \(value.kindPhrase)", hint: nil)
  }

  /// One end of a slice; none where it is left open.
  static func bound(_ value: Value?) throws -> Int? {
    guard let value else { return nil }
    if case .none = value { return nil }
    guard let number = value.asNumber() else {
      throw RuntimeError.other(
        "a slice's ends are whole numbers, not \(value.kindPhrase)", hint: nil)
    }
    if number.isInfinite { return number < 0 ? -(1 << 60) : 1 << 60 }
    return try whole(number)
  }

  /// A number as a position.
  static func whole(_ number: Double) throws -> Int {
    guard let position = Int(exactly: number) else { throw TensorError.indexNotWhole(number) }
    return position
  }

  /// The positions in something of one dimension with `count` elements.
  func positions(in count: Int, of kind: String) throws -> (positions: [Int], isSingle: Bool) {
    switch self {
    case .index(.number(let number)):
      return ([try Self.position(try Self.whole(number), in: count, of: kind)], true)
    case .index(let value):
      guard case .gather(let tensor) = try Self.tensorIndex(value) else {
        return (try Self.masked(value, count, kind), false)
      }
      return (
        try tensor.guardedDoubles().map {
          try Self.position(try Self.whole($0), in: count, of: kind)
        }, tensor.rank == 0
      )
    case .ellipsis, .newAxis:
      throw RuntimeError.other(
        "only a tensor takes `...` or `none` between the brackets, not a \(kind)", hint: nil)
    case .slice(let start, let stop, let step):
      let stride = try Self.bound(step) ?? 1
      return (
        try Self.slice(try Self.bound(start), try Self.bound(stop), stride, count), false
      )
    }
  }

  /// The positions of a slice with step 1, clamped; nil for other subscripts.
  func run(in count: Int) throws -> Range<Int>? {
    guard case .slice(let start, let stop, let step) = self, try Self.bound(step) ?? 1 == 1 else {
      return nil
    }
    func clamped(_ bound: Int) -> Int { min(max(bound < 0 ? bound &+ count : bound, 0), count) }
    let first = try Self.bound(start).map(clamped) ?? 0
    let end = try Self.bound(stop).map(clamped) ?? count
    return first..<max(first, end)
  }

  private static func masked(_ value: Value, _ count: Int, _ kind: String) throws -> [Int] {
    guard case .mask(let mask) = try tensorIndex(value) else {
      return [try position(try whole(value.asNumber() ?? 0), in: count, of: kind)]
    }
    guard mask.rank == 1, mask.count == count else {
      throw RuntimeError.other(
        "a mask of shape \(mask.shape) does not fit a \(kind) of \(count)", hint: nil)
    }
    return try mask.guardedDoubles().enumerated().filter { $0.element != 0 }.map(\.offset)
  }

  /// A position counted from the front, of one that may count from the end.
  static func position(_ index: Int, in count: Int, of kind: String) throws -> Int {
    let position = index < 0 ? index &+ count : index
    guard position >= 0, position < count else {
      throw RuntimeError.other(
        "index \(index) is out of range for a \(kind) of length \(count)",
        hint: count == 0 ? nil : "it takes \(-count) to \(count - 1)")
    }
    return position
  }

  /// The positions of a slice, clamped as in Python; nil for other subscripts.
  func steps(in count: Int) throws -> Steps? {
    guard case .slice(let start, let stop, let step) = self else { return nil }
    let stride = try Self.bound(step) ?? 1
    return try Self.steps(Self.bound(start), Self.bound(stop), stride, count)
  }

  /// The same as a list.
  private static func slice(
    _ start: Int?, _ stop: Int?, _ step: Int, _ count: Int
  ) throws -> [Int] {
    let steps = try steps(start, stop, step, count)
    try MemoryGuard.check(elements: Double(steps.count), bytesEach: 8)
    return Array(steps)
  }

  typealias Steps = LazyMapCollection<Range<Int>, Int>

  static func steps(
    _ start: Int?, _ stop: Int?, _ step: Int, _ count: Int
  ) throws -> Steps {
    if step == 0 { throw TensorError.zeroStep }
    func clamped(_ bound: Int, _ low: Int, _ high: Int) -> Int {
      min(max(bound < 0 ? bound &+ count : bound, low), high)
    }
    let limits = step > 0 ? (0, count) : (-1, count - 1)
    let first = start.map { clamped($0, limits.0, limits.1) } ?? (step > 0 ? 0 : count - 1)
    let end = stop.map { clamped($0, limits.0, limits.1) } ?? (step > 0 ? count : -1)
    let distance = max(step > 0 ? end - first : first - end, 0)
    // Rounded up; the negative of the step may be none.
    let steps = (UInt(distance) + step.magnitude - 1) / step.magnitude
    return (0..<Int(steps)).lazy.map { first + $0 * step }
  }
}
