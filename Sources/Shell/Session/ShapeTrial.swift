import Language
import Networks
import Syntax
import Tensors

/// Runs an expression on stand-ins, to see the shape of what it gives.
struct ShapeTrial {
  enum Result {
    case number
    /// The lengths as they are shown.
    case tensor([String])
  }

  /// Elements of variables that are used as they are.
  private static let elementLimit = 2048
  /// Of all different lengths multiplied, where these are used as they are.
  private static let lengthLimit = 512.0
  /// Bytes that a builtin may ask for.
  private static let budget = 4e6

  private let expression: Expression
  private let source: SourceText
  /// The variables and fields that it reads.
  private let values: [String: Value]

  /// Values in lists that are looked through: more, or one list in many places, would take longer
  /// than a person waits for a key, and deep ones the stack.
  private static let valueLimit = 1000
  private static let depthLimit = 16

  /// Nil for what is not run: functions, blocks, functions of the user's, and lists that are large.
  init?(_ expression: Expression, in source: SourceText, _ machine: Machine) {
    var reader = VariableReader(machine)
    guard let read = reader.replaced(expression) else { return nil }
    var left = Self.valueLimit
    for value in reader.values.values {
      guard Self.isSmall(value, &left, depth: 0) else { return nil }
    }
    self.expression = read
    self.source = source
    values = reader.values
  }

  func result() -> Result? {
    let lengths = self.lengths
    let product = lengths.reduce(1.0) { $0 * Double($1) }
    if product <= Self.lengthLimit, elementCount <= Self.elementLimit {
      guard let value = run(nil) else { return nil }
      return Self.result(value, value) { first, _ in "\(first)" }
    }
    guard let one = StandIns(lengths, row: 0), let other = StandIns(lengths, row: 1),
      let first = run(one), let second = run(other)
    else { return nil }
    return Self.result(first, second) { first, second in
      StandIns.length(first, second, one, other).map { "\($0)" }
    }
  }

  // MARK: What is large

  private static func isSmall(_ value: Value, _ left: inout Int, depth: Int) -> Bool {
    left -= 1
    guard case .list(let box) = value else { return left >= 0 }
    guard depth < depthLimit, box.content.count <= left else { return false }
    return box.content.allSatisfy { isSmall($0, &left, depth: depth + 1) }
  }

  private var elementCount: Int {
    values.values.reduce(0) { sum, value in
      guard case .tensor(let box) = value else { return sum }
      return sum + box.content.count
    }
  }

  /// The lengths, and the numbers that may be such, that are replaced. What a network takes and
  /// gives cannot be.
  private var lengths: Set<Int> {
    var found: Set<Int> = []
    var fixed: Set<Int> = []
    for value in values.values { Self.collect(value, &found, &fixed) }
    NumberMap { number in
      if let whole = Int(exactly: number.magnitude) { found.insert(whole) }
      return number
    }.visit(expression)
    return found.filter { $0 >= StandIns.leastLength }.subtracting(fixed)
  }

  private static func collect(
    _ value: Value, _ found: inout Set<Int>, _ fixed: inout Set<Int>
  ) {
    switch value {
    case .number(let number):
      if let whole = Int(exactly: number.magnitude) { found.insert(whole) }
    case .tensor(let box): found.formUnion(box.content.shape.dimensions)
    case .list(let box) where box.content.count <= 64:
      for element in box.content { collect(element, &found, &fixed) }
    case .network(let box):
      let network = box.content.network
      fixed.formUnion(network.inputShape ?? [])
      for parameter in network.parameters {
        fixed.formUnion(parameter.tensor.shape.dimensions)
      }
    default: break
    }
  }

  // MARK: Running

  /// What the expression gives, variables and numbers replaced; nil where it fails.
  private func run(_ standIns: StandIns?) -> Value? {
    let host = SilentHost()
    let scratch = Machine(host: host, write: { _ in })
    let expression =
      standIns.map { map in NumberMap { map.standIn(for: $0) }.mapped(self.expression) }
      ?? self.expression
    return withExtendedLifetime(host) {
      try? MemoryGuard.limited(toBytes: Self.budget) {
        for (name, value) in values {
          scratch.globals[name] = try Self.replaced(value, standIns)
        }
        let value = try scratch.evaluate(expression, in: source)
        return scratch.exitCode == nil ? value : nil
      } ?? nil
    }
  }

  private static func replaced(_ value: Value, _ standIns: StandIns?) throws -> Value {
    guard let standIns else { return value }
    switch value {
    case .number(let number): return .number(standIns.standIn(for: number))
    case .list(let box): return .items(try box.content.map { try replaced($0, standIns) })
    case .tensor(let box):
      let tensor = box.content
      let shape = try Shape(checking: tensor.shape.dimensions.map { standIns.standIn(for: $0) })
      // Other elements each time: a shape that depends on them is not shown.
      let numbers = (0..<shape.count).map { standIns.row == 0 ? 0 : Double($0 % 2) }
      return .tensor(
        Box(try Tensor(doubles: numbers, shape, elementType: tensor.elementType)))
    default: return value
    }
  }

  // MARK: Results

  private static func result(
    _ first: Value, _ second: Value, _ length: (Int, Int) -> String?
  ) -> Result? {
    switch (first, second) {
    case (.number, .number), (.bool, .bool): return .number
    case (.tensor(let a), .tensor(let b)):
      return shown(a.content.shape.dimensions, b.content.shape.dimensions, length)
    case (.network(let a), .network(let b)):
      guard let one = rows(of: a.content.network), let other = rows(of: b.content.network) else {
        return nil
      }
      if case .symbols(let lengths) = one.lengths { return .tensor(["N"] + lengths) }
      guard case .numbers(let x) = one.lengths, case .numbers(let y) = other.lengths,
        case .tensor(let lengths)? = shown(x, y, length)
      else { return nil }
      return .tensor(["N"] + lengths)
    default: return nil
    }
  }

  private static func shown(
    _ a: [Int], _ b: [Int], _ length: (Int, Int) -> String?
  ) -> Result? {
    guard a.count == b.count else { return nil }
    let lengths = zip(a, b).compactMap { length($0, $1) }
    return lengths.count == a.count ? .tensor(lengths) : nil
  }

  /// What a network makes of an example, be it for images of any size.
  private static func rows(of network: Network) -> NetworkRows? { NetworkRows(network) }
}

/// The shape of an example after a network.
private struct NetworkRows {
  enum Lengths {
    case numbers([Int])
    case symbols([String])
  }

  let lengths: Lengths

  init?(_ network: Network) {
    if let input = network.inputShape, let output = try? network.outputShape(for: input) {
      lengths = .numbers(output)
      return
    }
    // Images of two sizes show how height and width go through.
    let sizes = [(96, 160), (192, 224)]
    for channels in Self.channels(of: network) {
      let outputs = sizes.compactMap {
        try? network.outputShape(for: [$0.0, $0.1, channels])
      }
      guard outputs.count == 2, outputs[0].count == 3, outputs[1].count == 3,
        outputs[0][2] == outputs[1][2]
      else { continue }
      let names = ["H", "W"].enumerated().map { axis, name in
        let inputs = sizes.map { axis == 0 ? $0.0 : $0.1 }
        for divisor in 1...16
        where (0..<2).allSatisfy({ inputs[$0] == outputs[$0][axis] * divisor }) {
          return divisor == 1 ? name : "\(name)/\(divisor)"
        }
        return name + "′"
      }
      lengths = .symbols(names + ["\(outputs[0][2])"])
      return
    }
    return nil
  }

  /// The channels that its first weights may take: one of their lengths.
  private static func channels(of network: Network) -> [Int] {
    var found = [1, 3]
    for size in network.parameters.first?.tensor.shape.dimensions ?? [] where !found.contains(size)
    {
      found.append(size)
    }
    return found
  }
}

/// Carries out nothing and shows nothing.
final class SilentHost: CommandHost {
  let commandSyntax: [String: CommandSyntax] = [:]
  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? { nil }
  func echo(_ value: Value) {}
}
