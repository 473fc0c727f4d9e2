import Console
import Tensors

/// How far a `minimize` is: as `train` shows it, and of single steps every tenth part.
final class MinimizeProgress {
  private let reporter: ProgressReporter
  private let isShown: Bool
  private let epochs: Int
  private let isStepwise: Bool
  private let start = MonotonicClock.now()
  private var last: Progress?
  private var nextUpdate = 0.0

  init(_ context: CommandContext, epochs: Int, isStepwise: Bool) {
    self.epochs = epochs
    self.isStepwise = isStepwise
    let session = context.session
    isShown = session.settings.showsProgress
    reporter = session.progressReporter(
      every: isStepwise ? 1 : (try? context.integer("every")) ?? 1)
  }

  var unit: String { isStepwise ? "step" : "epoch" }

  private func line(_ done: Int, _ share: Double, _ figures: [(String, String)]) -> Progress {
    let elapsed = MonotonicClock.now() - start
    let left = share > 0 ? elapsed / share * (1 - share) : nil
    return Progress(
      done: done, total: epochs, unit: unit, figures: figures, elapsed: elapsed,
      secondsLeft: left)
  }

  /// So much of an epoch is done.
  func update(_ epoch: Int, _ part: Double, _ loss: Double) {
    let now = MonotonicClock.now()
    guard isShown, now >= nextUpdate else { return }
    nextUpdate = now + 0.05
    let line = line(
      epoch, (Double(epoch) + part) / Double(max(1, epochs)), [("loss", NumberForm.loss(loss))])
    last = line
    reporter.update(line)
  }

  func epochDidEnd(_ epoch: Int, _ loss: Double?, _ validationLoss: Double?) {
    guard isShown else { return }
    var figures = [("loss", NumberForm.loss(loss ?? .nan))]
    if let validationLoss, !validationLoss.isNaN {
      figures.append(("val_loss", NumberForm.loss(validationLoss)))
    }
    let line = line(epoch, Double(epoch) / Double(max(1, epochs)), figures)
    last = line
    let isTenth = epoch % max(1, epochs / 10) == 0 || epoch == epochs
    if !isStepwise || isTenth {
      reporter.finishStep(line)
    } else {
      let now = MonotonicClock.now()
      guard now >= nextUpdate else { return }
      nextUpdate = now + 0.05
      reporter.update(line)
    }
  }

  func finish() { reporter.finish(last) }
}
