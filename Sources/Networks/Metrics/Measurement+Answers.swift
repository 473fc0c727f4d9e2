import Tensors

extension Measurement {
  /// Whether each answer is right: a row's class, or each step's of a sequence, or all zeros and ones
  /// of a row; nil where the task is numbers.
  package func areRight() throws -> [Bool]? {
    guard task != .numbers, predictions.shape == targets.shape else { return nil }
    let width = max(1, targets.shape.dimensions.last ?? 1)
    let (truth, given) = (try targets.guardedDoubles(), try predictions.guardedDoubles())
    let wanted = task == .classes ? 1 : width
    return given.withUnsafeBufferPointer { given in
      truth.withUnsafeBufferPointer { truth in
        stride(from: 0, to: truth.count - width + 1, by: width).map { start in
          task.rightAnswers(
            in: UnsafeBufferPointer(rebasing: given[start..<start + width]),
            UnsafeBufferPointer(rebasing: truth[start..<start + width]), cut: 0.5) == wanted
        }
      }
    }
  }
}
