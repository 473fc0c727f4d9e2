import CKernels
import Tensors

/// Floats of a plan, by address: the step path neither counts references nor checks bounds.
typealias Floats = UnsafeMutablePointer<Float>

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
  /// Numbers in a row of the output.
  let width: Int
  let rows: Int
  /// What the stage read last.
  var input: Floats
  /// What the stage gave last.
  var output: Floats

  init(_ builder: StageBuilder, width: Int, output: Floats) {
    position = builder.position
    name = builder.layerName
    rows = builder.rows
    self.width = width
    self.input = output
    self.output = output
  }

  /// Whether the backward pass reads the output, so that the next stage must not overwrite it.
  var keepsOutput: Bool { true }

  /// Reads `input` and fills `output`.
  func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    return output
  }

  /// Adds to the parameters' gradients and returns the gradient with respect to the input.
  func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    gradient
  }

  /// What the forward pass computes and from what, for the report of a NaN.
  func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (name, [])
  }

  /// What the backward pass computes and from what.
  func backwardOperands(_ gradient: Floats) -> (operation: String, operands: [StageOperand]) {
    ("the gradient of \(name)", [StageOperand("gradient", gradient, rows, width)])
  }
}

/// Memory named for a report.
struct StageOperand {
  let name: String
  let pointer: Floats
  let rows: Int
  let columns: Int

  init(_ name: String, _ pointer: Floats, _ rows: Int, _ columns: Int) {
    self.name = name
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
  }

  /// The range of the elements.
  func measured() -> NotFiniteReport.Operand {
    var least = Float.infinity
    var greatest = -Float.infinity
    var bad = 0
    for index in 0..<rows * columns {
      // SAFETY: the stage that named the operand gave its extent.
      let value = pointer[index]
      if value.isFinite {
        least = min(least, value)
        greatest = max(greatest, value)
      } else {
        bad += 1
      }
    }
    return NotFiniteReport.Operand(
      name: name, shape: rows == 1 ? "\(columns)" : "\(rows)×\(columns)",
      least: Double(least), greatest: Double(greatest), notFinite: bad)
  }
}

/// What stages need to know of the step they are in.
final class StepContext {
  /// Whether dropout drops and statistics are those of the batch.
  var isTraining = true
  /// Whether this is the first piece of the batch, which starts the gradients afresh.
  var isFirstChunk = true
  /// Counts the steps of the network's whole training.
  var step: UInt64 = 0
  /// The first row's place in the batch.
  var rowOffset = 0
}
