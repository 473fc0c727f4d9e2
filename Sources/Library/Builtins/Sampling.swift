import Language
import Platform
import Tensors

/// Random draws, from the session's seeded numbers.
extension Builtin {
  static let samplingGroup: [Builtin] = [
    choice, multinomial, randint, uniform, bernoulli, permutation,
  ]

  private static let sizes = Parameter(
    "shape", .shape, default: .computed("a single number"), isVariadic: true,
    "sizes, as 2, 3 or [2, 3]")

  static let choice = Builtin(
    Declaration(
      "choice", group: .make, "elements drawn at random",
      details: "Of a number n, from 0 up to, not including, n. Of a matrix its rows.",
      parameters: [
        Parameter("x", .any, "a number, list, string, range or tensor"),
        Parameter(
          "size", .shape, default: .computed("a single element"), "how many, or sizes as [2, 3]"),
        Parameter("replace", .bool, default: .bool(true), "whether one may be drawn again"),
        Parameter("p", .any, default: .computed("all equal"), "the probability of each"),
      ],
      result: "an element, a list or a tensor",
      examples: [
        .init("choice([7, 8], 3, p=[1, 0])", "3 tensor f32\n  7  7  7"),
        .init("shape(choice(10, 5, replace=false))", "[5]"),
        .init("shape(choice(10, [2, 3]))", "[2, 3]"),
      ],
      seeAlso: ["permutation", "multinomial", "randint"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let source = try arguments.choices(0)
    guard arguments.isGiven(1) else {
      return try source.element(drawn(1, arguments, interpreter, count: source.count)[0])
    }
    let sizes = try arguments.sizes(1)
    let elements = try source.elements(
      drawn(sizes.count, arguments, interpreter, count: source.count))
    guard sizes.rank != 1 else { return elements }
    guard case .tensor(let box) = elements else {
      throw RuntimeError.other(
        "choice: strings are drawn into a list, which has one size",
        hint: "draw their positions: choice(len(x), size)")
    }
    let rest = box.content.shape.dimensions.dropFirst()
    return Value(try box.content.reshaped(sizes.dimensions + rest))
  }

  private static func drawn(
    _ size: Int, _ arguments: borrowing Arguments, _ interpreter: any Interpreter, count: Int
  ) throws -> [Int] {
    guard count > 0 || size == 0 else {
      throw RuntimeError.other("choice: there is nothing to draw from", hint: nil)
    }
    let weights = arguments.isGiven(3) ? try arguments.probabilities(3, count: count) : nil
    if try arguments.bool(2) {
      let sums = weights.map { Cumulative($0) }
      return try interruptibleList(count: size) { _ in
        sums?.draw(&interpreter.random.generator) ?? interpreter.random.generator.next(below: count)
      }
    }
    guard size <= count else {
      throw RuntimeError.other(
        "choice: \(size) cannot be drawn from \(count) without replacement",
        hint: "leave out replace=false")
    }
    guard let weights else {
      return Array(try interpreter.random.generator.guardedPermutation(count).prefix(size))
    }
    guard weights.count(where: { $0 > 0 }) >= size else {
      throw RuntimeError.other(
        "choice: fewer than \(size) elements have a probability above 0", hint: nil)
    }
    return try interpreter.random.generator.firstArrivals(size, rates: weights)
  }

  static let multinomial = Builtin(
    Declaration(
      "multinomial", group: .make, "positions drawn with given probabilities",
      parameters: [
        Parameter("p", .tensor, "probabilities, or weights, of one row or of several"),
        Parameter("n", .integer, default: .number(1), "how many are drawn"),
      ],
      result: "a vector of n positions; of several rows N×n",
      examples: [.init("multinomial([0, 1], 3)", "3 tensor f32\n  1  1  1")],
      seeAlso: ["choice", "bernoulli"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let weights = try arguments.tensor(0)
    guard weights.rank == 1 || weights.rank == 2, weights.count > 0 else {
      throw arguments.mismatch(0, expected: "a vector or a matrix of probabilities")
    }
    let count = try arguments.size(1)
    let width = weights.shape[weights.rank - 1]
    let numbers = try weights.guardedDoubles()
    guard numbers.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw RuntimeError.other("multinomial: a weight is below 0 or not finite", hint: nil)
    }
    let total = Double(count) * Double(numbers.count / max(1, width))
    try MemoryGuard.check(elements: total, bytesEach: 20)
    var places: [Double] = []
    for start in stride(from: 0, to: numbers.count, by: width) {
      try Interrupt.check()
      let row = Array(numbers[start..<start + width])
      guard row.contains(where: { $0 > 0 }) else {
        throw RuntimeError.other("multinomial: all weights of a row are 0", hint: nil)
      }
      let sums = Cumulative(row)
      for index in 0..<count {
        if index & 0xFFFF == 0xFFFF { try Interrupt.check() }
        places.append(Double(sums.draw(&interpreter.random.generator)))
      }
    }
    let shape = weights.rank == 1 ? [count] : [weights.shape[0], count]
    return Value(try Tensor(doubles: places, Shape(checking: shape), elementType: .f32))
  }

  static let randint = Builtin(
    Declaration(
      "randint", group: .make, "random whole numbers from low up to, not including, high",
      details: "randint(high) starts at 0.",
      parameters: [
        Parameter("low", .integer, "the least; the end where it stands alone"),
        Parameter("high", .any, default: .computed("low, and low becomes 0"), "the end"),
        sizes,
      ],
      result: "a number, or a tensor of the shape",
      examples: [
        .init("randint(3, 4, 2)", "2 tensor f32\n  3  3"),
        .init("shape(randint(10, size=[2, 3]))", "[2, 3]"),
      ],
      seeAlso: ["rand", "choice"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let first = try arguments.integer(0)
    let isAlone = !arguments.isGiven(1)
    let (low, high) = isAlone ? (0, first) : (first, try arguments.integer(1))
    let (span, overflows) = high.subtractingReportingOverflow(low)
    guard !overflows, span > 0 else {
      throw RuntimeError.other(
        "randint: no whole number lies from \(low) to below \(high)", hint: nil)
    }
    guard arguments.isGiven(2) else {
      return .number(Double(low + interpreter.random.generator.next(below: span)))
    }
    let drawn = try interpreter.random.generator.integers(below: span, arguments.sizes(2))
    return Value(try Tensor.apply(.add, drawn, Double(low)))
  }

  static let uniform = Builtin(
    Declaration(
      "uniform", group: .make, "random numbers, uniform from low up to, not including, high",
      parameters: [
        Parameter("low", .number, default: .number(0), "the least"),
        Parameter("high", .number, default: .number(1), "the end"), sizes,
      ],
      result: "a number, or a tensor of the shape",
      examples: [.init("shape(uniform(-1, 1, 2, 3))", "[2, 3]")], seeAlso: ["rand", "randn"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let (low, high) = (try arguments.number(0), try arguments.number(1))
    guard arguments.isGiven(2) else {
      return .number(low + (high - low) * interpreter.random.generator.uniform())
    }
    return Value(
      try interpreter.random.generator.uniform(arguments.sizes(2), low: low, high: high))
  }

  static let bernoulli = Builtin(
    Declaration(
      "bernoulli", group: .make, "1 with a probability, otherwise 0",
      parameters: [Parameter("p", .tensor, "a probability, or a tensor of them"), sizes],
      result: "of p's shape, or of the shape",
      examples: [.init("bernoulli([0, 1])", "2 tensor f32\n  0  1")],
      seeAlso: ["rand", "multinomial"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let p = try arguments.tensor(0)
    guard try p.guardedDoubles().allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
      throw RuntimeError.other("bernoulli: a probability is from 0 to 1", hint: nil)
    }
    let shape = arguments.isGiven(1) ? try arguments.sizes(1) : p.shape
    let drawn = try interpreter.random.generator.uniform(shape, .f64)
    return Value(try Tensor.apply(.less, drawn, p.broadcast(to: shape)).cast(to: .f32))
  }

  static let permutation = Builtin(
    Declaration(
      "permutation", group: .make, "the elements, or the numbers below n, in a random order",
      parameters: [Parameter("x", .any, "a number, list, string, range or tensor")],
      result: "a tensor or a list",
      examples: [.init("sort(permutation(3))", "3 tensor f32\n  0  1  2")],
      seeAlso: ["shuffle", "choice"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    var source = try arguments.choices(0)
    defer { source.releaseInBackground() }
    var order = try interpreter.random.generator.guardedPermutation(source.count)
    defer { BackgroundRelease.take(&order) }
    return try source.elements(order)
  }
}

extension RandomGenerator {
  /// The first of those that each arrive after an exponential time of their own rate: in order,
  /// they are as if drawn one after the other with these probabilities (Efraimidis and Spirakis,
  /// "Weighted random sampling with a reservoir", 2006).
  fileprivate mutating func firstArrivals(_ count: Int, rates: [Double]) throws -> [Int] {
    let times = try interruptibleList(count: rates.count) { place in
      let waited = -log1p(-uniform())
      return rates[place] > 0 ? waited / rates[place] : .infinity
    }
    let order = try Tensor(doubles: times, elementType: .f64).argsorted()
    return try order.rows(0..<count).mapElements { Int($0) }
  }

  /// The order that `permutation` gives, where memory holds it; a stop ends the work.
  mutating func guardedPermutation(_ count: Int) throws -> [Int] {
    try MemoryGuard.check(elements: Double(count), bytesEach: 24)
    var order = try interruptibleList(count: max(0, count)) { $0 }
    do {
      for index in stride(from: order.count - 1, to: 0, by: -1) {
        if index & 0xFFFF == 0xFFFF { try Interrupt.check() }
        order.swapAt(index, next(below: index + 1))
      }
    } catch {
      BackgroundRelease.take(&order)
      throw error
    }
    return order
  }
}

/// The running sums of probabilities, in which a draw is found by halving.
private struct Cumulative {
  private let sums: [Double]

  init(_ weights: [Double]) {
    var total = 0.0
    sums = weights.map {
      total += $0
      return total
    }
  }

  func draw(_ generator: inout RandomGenerator) -> Int {
    let target = generator.uniform() * (sums.last ?? 0)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// What `choice` and `permutation` draw from.
private enum Choices {
  case numbers(Int)
  case list([Value])
  case rows(Tensor)

  var count: Int {
    switch self {
    case .numbers(let count): count
    case .list(let values): values.count
    case .rows(let tensor): tensor.shape[0]
    }
  }

  func element(_ place: Int) throws -> Value {
    switch self {
    case .numbers: .number(Double(place))
    case .list(let values): values[place]
    case .rows(let tensor): Value(try tensor.subscripted([.at(place)]))
    }
  }

  private static func tensor(_ places: [Int], _ type: ElementType) throws -> Tensor {
    try Tensor(
      doubles: interruptibleList(count: places.count) { Double(places[$0]) }, elementType: type)
  }

  /// Lets go of what was drawn from.
  mutating func releaseInBackground() {
    guard case .list(var values) = self else { return }
    self = .numbers(0)
    BackgroundRelease.take(&values)
  }

  func elements(_ places: [Int]) throws -> Value {
    switch self {
    case .numbers(let count):
      Value(try Self.tensor(places, count > 1 << 24 ? .f64 : .f32))
    case .list(let values):
      .items(try interruptibleList(count: places.count) { values[places[$0]] })
    case .rows(let tensor):
      Value(try tensor.subscripted([.gather(Self.tensor(places, .f64))]))
    }
  }
}

extension Arguments {
  fileprivate func choices(_ index: Int) throws -> Choices {
    switch self[index] {
    case .number:
      let count = try size(index)
      try MemoryGuard.check(elements: Double(count), bytesEach: 8)
      return .numbers(count)
    case .tensor(let box) where box.content.rank > 0: return .rows(box.content)
    default: return .list(try sequence(index))
    }
  }

  /// Probabilities that sum to 1.
  fileprivate func probabilities(_ index: Int, count: Int) throws -> [Double] {
    guard let numbers = try self[index].asNumbers() else {
      throw mismatch(index, expected: "a vector of probabilities")
    }
    guard numbers.count == count else {
      throw RuntimeError.other(
        "\(declaration.name): p has \(numbers.count) probabilities for \(count) elements",
        hint: nil)
    }
    let sum = numbers.reduce(0, +)
    guard numbers.allSatisfy({ $0 >= 0 }), abs(sum - 1) < 1e-5 else {
      throw RuntimeError.other(
        "\(declaration.name): p must hold probabilities that sum to 1, and they sum to "
          + sum.displayed, hint: "write p=w / sum(w)")
    }
    return numbers
  }
}
