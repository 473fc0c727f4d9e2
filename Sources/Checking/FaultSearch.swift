import Language
import Operations
import Syntax
import Tensors

/// Looks for the simplest mistake that turns the true gradient into the one given.
///
/// Each hypothesis is a gradient computed as someone would who makes that one mistake; one that
/// agrees with the numbers to rounding, alone or times a constant with a name, explains them. The
/// groups are tried from the simplest on, until one holds a single mistake; `Rank` tells what beats what.
final class FaultSearch {
  let environment: CheckEnvironment
  let loss: LossRecording
  let factors: NamedFactors
  let tolerance: Tolerance
  /// The gradient under test, of the true one's shape, and the true one.
  let given: [Double]
  let truth: [Double]
  private(set) var best: Finding?
  /// What the penalty on the weights contributes, where the loss has one.
  var penalty: [Double]?
  /// Elements of cotangents that may still be computed: large losses are not searched for ever.
  private var budget = 2e9
  private(set) var isExhausted = false

  init(
    _ environment: CheckEnvironment, loss: LossRecording, tolerance: Tolerance, given: [Double]
  ) {
    self.environment = environment
    self.loss = loss
    self.tolerance = tolerance
    self.given = given
    truth = loss.gradient.doubles()
    factors = NamedFactors(loss, environment: environment)
  }

  var shape: Shape { loss.gradient.shape }
  var steps: [Recording.Step] { loss.recording.steps }
  lazy var activations = Activation.all(in: loss)

  /// The simplest explanation; nil where none holds.
  func run() throws -> Finding? {
    // A multiple of the whole is one whatever else it may be.
    considerMultiples()
    if let best { return best }
    let groups: [() throws -> Void] = [
      considerTurns, considerSums, considerPenalty, considerResiduals,
      considerActivations, considerSoftmax, considerStale, considerOperands, considerTerms,
      considerForeignPenalty,
    ]
    for group in groups where isOpen {
      try Interrupt.check()
      try group()
    }
    return best
  }

  /// Whether no single mistake has been found that explains the numbers.
  var isOpen: Bool { best?.also != nil || best == nil }

  /// Whether an explanation of some rank would be better than the best so far.
  func isWorth(_ rank: Rank) -> Bool { isOpen || rank < best?.rank ?? .foreignPenalty }

  // MARK: Trying

  /// Tests one hypothesis: its gradient alone, times a named constant, and without the penalty.
  func consider(
    _ fault: GradientFault, _ gradient: [Double], _ rank: Rank, place: Finding.Place = .result,
    _ text: @autoclosure () -> String
  ) {
    guard gradient.count == given.count, !tolerance.agree(gradient, truth) else { return }
    if tolerance.agree(given, gradient) {
      return propose(Finding(fault: fault, text: text(), place: place, rank: rank))
    }
    if let penalty {
      let without = zip(gradient, penalty).map { $0 - $1 }
      if tolerance.agree(given, without) {
        return propose(
          Finding(
            fault: fault, text: text(), also: "the penalty's term is missing as well",
            place: place, rank: rank))
      }
    }
    // A single number is a multiple of every other: that explains nothing.
    guard given.count > 1, let multiple = multiple(given, of: gradient) else { return }
    propose(Finding(fault: fault, text: text(), also: multiple, place: place, rank: rank))
  }

  func propose(_ finding: Finding) {
    if best.map(finding.beats) ?? true { best = finding }
  }

  /// In words, the named factor by which one gradient is a multiple of another.
  func multiple(_ wrong: [Double], of gradient: [Double]) -> String? {
    guard wrong.count > 1, let factor = Tolerance.factor(wrong, gradient),
      tolerance.agree(wrong, gradient, times: factor)
    else { return nil }
    let size = abs(factor)
    let isOne = abs(size - 1) < 2e-4
    guard isOne || factors.name(of: size) != nil else { return nil }
    var words: [String] = []
    if factor < 0 { words.append("the sign is flipped as well") }
    if !isOne { words.append(factors.sentence(for: size, of: "besides, it")) }
    return words.joined(separator: "; ")
  }

  /// The gradient after cotangents have changed by these tensors; nil where the budget is spent.
  func changed(_ changes: [Int: Tensor]) throws -> [Double]? {
    guard spend(changes.keys.max() ?? 0) else { return nil }
    let effect = try loss.effect(of: changes).doubles()
    return zip(truth, effect).map { $0 + $1 }
  }

  /// The gradient with cotangents adjusted on the whole way down.
  func adjusted(_ adjustments: [Int: Recording.Adjustment]) throws -> [Double]? {
    guard spend(loss.result) else { return nil }
    return try loss.gradient(adjusting: adjustments).doubles()
  }

  /// Takes the cost of a sweep out of the budget: the elements that it writes, with what each step
  /// costs by itself.
  func spend(_ first: Int) -> Bool {
    var cost = 0.0
    for index in 0...max(0, min(first, steps.count - 1)) where loss.passes[index] {
      let inner = steps[index].name == "matmul" ? Double(shape.dimensions.last ?? 1) : 1
      cost += Double(steps[index].output.count) * max(1, min(inner, 64)) + Self.costOfStep
      for (input, parent) in zip(steps[index].inputs, steps[index].parents) where parent >= 0 {
        cost += Double(input.count)
      }
    }
    budget -= cost
    if budget < 0 { isExhausted = true }
    return budget >= 0
  }

  private static let costOfStep = 4000.0

  /// A tensor of a step's shape.
  func tensor(_ numbers: [Double], like step: Int) throws -> Tensor {
    try Tensor(doubles: numbers, steps[step].output.shape, elementType: .f64)
  }

  // MARK: The gradient as a whole

  private func considerMultiples() {
    if given.allSatisfy({ $0 == 0 }), truth.contains(where: { $0 != 0 }) {
      return propose(
        Finding(
          fault: .term, text: "it is 0 everywhere: nothing of the loss reaches it", rank: .nothing))
    }
    guard let factor = Tolerance.factor(given, truth),
      tolerance.agree(given, truth, times: factor)
    else { return }
    let size = abs(factor)
    let isOne = abs(size - 1) < 2e-4
    let isNamed = factors.name(of: size) != nil
    guard isOne || isNamed || nonzero >= 2 else { return }
    if factor < 0 {
      return propose(
        Finding(
          fault: .sign, text: "the sign is flipped: it points the opposite way",
          also: isOne ? nil : factors.sentence(for: size, of: "besides, it"), rank: .flippedSign))
    }
    propose(
      Finding(
        fault: .factor, text: factors.sentence(for: size),
        rank: isNamed ? .namedMultiple : .unnamedMultiple))
  }

  private var nonzero: Int { truth.count { $0 != 0 } }

  private func considerTurns() throws {
    guard shape.rank == 2, shape[0] == shape[1], shape[0] > 1 else { return }
    let transposed = try loss.gradient.transposed().doubles()
    consider(.transposed, transposed, .transposedResult, "it is the transpose of the gradient")
  }
}
