import Tensors

/// One layer's part of a planned training step, for a fixed number of rows.
///
/// Everything is allocated when the stage is made. The caller gives each stage the output of the
/// one before, and on the way back the gradient with respect to its output, which the stage may
/// overwrite.
package class Stage {
  /// Where the stage's layer stands in the network, from 1.
  let position: Int
  /// As the language writes it.
  let name: String
  let backend: any Backend
  /// What the stage read last.
  var input: FloatRows
  /// What the stage gave last.
  var output: FloatRows

  init(_ builder: StageBuilder, output: FloatRows) {
    position = builder.position
    name = builder.layerName
    backend = builder.backend
    self.input = output
    self.output = output
  }

  /// After its backward pass all gradients from this number on are there; nil where that is not known.
  var firstGradient: Int?

  /// Whether the backward pass reads the output, so that the next stage must not overwrite it.
  var keepsOutput: Bool { true }

  /// Whether the backward pass leaves the gradient that it is given as it is.
  var keepsGradient: Bool { false }

  /// Leaves it to the stage after this one to set the gradient to 0 where this one's rectifier gave
  /// 0, if it has one.
  ///
  /// - Returns: whether it did.
  func leaveMask() -> Bool { false }

  /// Whether a pass may end half way, by an interruption or for want of memory.
  var mayStop: Bool { false }

  /// Takes over a rectifier that follows, if it can.
  ///
  /// - Returns: whether it did.
  func rectify() throws -> Bool { false }

  /// Whether a rectifier that follows is part of what it gives.
  var isRectified: Bool { false }

  /// The stages inside, between `forward` and `backward` of which this one's own work lies.
  var inner: [Stage] { [] }
  /// The forward pass after that of the stages inside, which made `value` of `input`.
  func finishForward(_ input: FloatRows, _ value: FloatRows) -> FloatRows { value }
  /// Before the backward pass of the stages inside.
  func beginBackward(_ gradient: FloatRows) {}
  /// After it.
  func finishBackward(_ gradient: FloatRows) -> FloatRows { gradient }

  /// Reads `input` and fills `output`.
  func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    return output
  }

  /// Adds to the parameters' gradients and returns the gradient with respect to the input.
  func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows { gradient }

  /// The layer that the stage is, where that computes each row from that row alone.
  var ownLayer: RowwiseLayer?

  /// What each row adds to the gradients of the stage's parameters, asked for after its backward pass;
  /// empty where the stage cannot tell its rows apart.
  ///
  /// - Parameters:
  ///   - gradient: as the backward pass left it.
  ///   - before: the same before it.
  func rowGradients(
    _ gradient: FloatRows, before: Tensor?, _ step: StepContext
  ) throws -> [any RowGradients] {
    guard let ownLayer, let before else { return [] }
    let sizes = [input.rows] + ownLayer.outputShape.dimensions.dropFirst()
    return [
      LayerRows(
        own: ownLayer, input: input, gradients: try before.reshaped(sizes), step: step)
    ]
  }

  /// What the forward pass computes and from what, for the report of a NaN.
  func forwardOperands() -> (operation: String, operands: [StageOperand]) { (name, []) }

  /// What the backward pass computes and from what.
  func backwardOperands(_ gradient: FloatRows) -> (operation: String, operands: [StageOperand]) {
    ("the gradient of \(name)", [StageOperand("gradient", gradient)])
  }
}

/// Memory named for a report.
struct StageOperand {
  let name: String
  let numbers: FloatRows

  init(_ name: String, _ numbers: FloatRows) {
    self.name = name
    self.numbers = numbers
  }

  /// The range of the elements.
  func measured() -> NotFiniteReport.Operand {
    var least = Double.infinity
    var greatest = -Double.infinity
    var bad = 0
    for index in 0..<numbers.count {
      // SAFETY: the stage that named the operand gave its extent.
      let value = numbers.number(at: index)
      if value.isFinite {
        least = min(least, value)
        greatest = max(greatest, value)
      } else {
        bad += 1
      }
    }
    let (rows, columns) = (numbers.rows, numbers.columns)
    return NotFiniteReport.Operand(
      name: name, shape: rows == 1 ? "\(columns)" : "\(rows)×\(columns)",
      least: least, greatest: greatest, notFinite: bad)
  }
}

/// A stage that needs sums over the rows of a whole batch. Where a batch runs in blocks, each gives
/// its part of them, and takes over what they are together.
protocol WholeBatchStage: Stage {
  /// How many times the forward pass asks for sums, each after the one before is known.
  var forwardRounds: Int { get }
  func forwardSums(_ round: Int, of input: FloatRows) throws -> [Double]
  /// - Parameters:
  ///   - batchRows: the rows of the batch.
  ///   - isFirst: whether no other piece of this rank takes the same.
  func takeForward(_ round: Int, _ sums: [Double], batchRows: Int, isFirst: Bool)
  func backwardSums(of gradient: FloatRows) throws -> [Double]
  func takeBackward(_ sums: [Double], batchRows: Int)
}

/// What a piece of a batch finds where its gradients go.
enum GradientStart {
  /// The rule's state, of which the rule says how much stays: the batch's first piece.
  case update
  /// Nothing of use: the first piece of another block.
  case nothing
  /// The gradients of the block's pieces before.
  case pieces

  /// What is kept of it.
  func kept<Number: BinaryFloatingPoint>(ofUpdate retained: Number) -> Number {
    switch self {
    case .update: retained
    case .nothing: 0
    case .pieces: 1
    }
  }
}

/// What stages need to know of the step they are in.
struct StepContext {
  /// Whether dropout drops and statistics are those of the batch.
  var isTraining = true
  /// What the gradients of the piece at hand are added to.
  var start = GradientStart.update
  /// Whether what a stage needs to know of the whole batch has been joined already.
  var isJoined = false
  /// Counts the steps of the network's whole training.
  var step: UInt64 = 0
  /// The first row's place in the batch.
  var rowOffset = 0
  /// What the stages tell each other of the sequences that pass.
  let sequences = SequencePass()
}
