import Language
import Operations
import Syntax
import Tensors

/// Sees every operation of a replay and keeps the one in which the first NaN or infinity was born.
final class NonFiniteWatcher: TapeObserver {
  /// An operand of the operation, with the range of its elements.
  struct Operand {
    let shape: Shape
    let least: Double
    let greatest: Double
    /// The element that met the result's, where the two have one shape or it is a number.
    let element: Double?
  }

  /// Where the first one was born.
  struct Birth {
    let operation: String
    let shape: Shape
    /// The element of the result, and what it is.
    let position: [Int]
    let value: Double
    let operands: [Operand]
    let place: (source: SourceText, span: Span)?
    /// The loop's variables then.
    let turn: [(name: String, value: Double)]
    /// The largest |operand| in each earlier turn of the loop, with the number of the turn.
    let history: [(turn: Double?, size: Double)]
  }

  private struct Key: Hashable {
    let operation: String
    let start: Int
    let end: Int
  }

  private let machine: Machine
  private let loopNames: [String]
  private var histories: [Key: [(turn: Double?, size: Double)]] = [:]
  private(set) var birth: Birth?
  /// Whether a value that was not finite went into the replay from outside.
  private(set) var cameIn = false

  init(_ machine: Machine, loopNames: [String]) {
    self.machine = machine
    self.loopNames = loopNames
  }

  func recorded(operation: String, inputs: [Variable], output: Variable, index: Int) {
    guard birth == nil else { return }
    let numbers = output.tensor.doubles()
    let operands = inputs.map { $0.tensor.doubles() }
    let place = machine.position
    let key = Key(
      operation: operation, start: place?.span.start ?? -1, end: place?.span.end ?? -1)
    guard let bad = numbers.firstIndex(where: { !$0.isFinite }) else {
      let size = operands.joined().reduce(0) { max($0, abs($1)) }
      if histories[key, default: []].count < 100_000 {
        histories[key, default: []].append((turn.first?.value, size))
      }
      return
    }
    guard operands.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      cameIn = true
      return
    }
    birth = Birth(
      operation: operation, shape: output.shape, position: Self.position(bad, output.shape),
      value: numbers[bad],
      operands: zip(inputs, operands).map { input, values in
        Operand(
          shape: input.shape, least: values.min() ?? 0, greatest: values.max() ?? 0,
          element: input.shape == output.shape ? values[bad] : values.count == 1 ? values[0] : nil)
      }, place: place, turn: turn, history: histories[key] ?? [])
  }

  private var turn: [(name: String, value: Double)] {
    loopNames.compactMap { name in machine.globals[name]?.asNumber().map { (name, $0) } }
  }

  /// A flat position as one index an axis.
  static func position(_ flat: Int, _ shape: Shape) -> [Int] {
    var rest = flat
    var position: [Int] = []
    for size in shape.dimensions.reversed() {
      position.insert(rest % max(1, size), at: 0)
      rest /= max(1, size)
    }
    return position
  }
}
