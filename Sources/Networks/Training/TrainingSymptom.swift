import Tensors

/// What a training shows on its way that will not mend itself.
package enum TrainingSymptom: Sendable, Hashable {
  /// No unit of the activation at this position is awake, or none moves, so that nothing before it
  /// learns; or no weight gets a gradient at all, where there is no position.
  case died(position: Int?, name: String, isRectifier: Bool)
  /// The loss has left its best far below.
  case diverged(best: Double, loss: Double, layer: Int, relativeStep: Double)
  /// The loss stays where a constant answer has it.
  case stalls(loss: Double, since: Int, ignorant: Double)
  /// So small are the steps that hardly anything happens.
  case isTooSlow(loss: Double, layer: Int, relativeStep: Double)
  /// The loss of held rows rises while that of the others falls.
  case overfits(since: Int, best: Double, loss: Double)
}

/// Judges a training by what its epochs have measured and noted.
struct TrainingJudge {
  /// Of the training alone.
  let losses: ArraySlice<Measures>
  let validation: ArraySlice<Measures>
  let diary: TrainingDiary
  /// Whether early stopping looks after the validation loss.
  let isStoppedEarly: Bool
  /// The loss of the best constant answer; nil where that is not known.
  let ignorant: () -> Double?

  private var count: Int { losses.count }
  private func loss(_ epoch: Int) -> Double { losses[losses.startIndex + epoch - 1].loss }

  /// What is wrong after the latest epoch; nil where nothing is.
  func symptom() -> TrainingSymptom? {
    guard count >= 2, loss(count).isFinite else { return nil }
    return died() ?? diverged() ?? stands() ?? overfits()
  }

  /// The latest entries, where they are of the latest epochs.
  private var latest: (before: TrainingDiary.Entry, now: TrainingDiary.Entry)? {
    let entries = diary.entries.suffix(2)
    guard let before = entries.first, let now = entries.last, before.epoch < now.epoch,
      now.epoch == count
    else { return nil }
    return (before, now)
  }

  /// A loss that is not worth a word.
  private static let nothing = 1e-2

  private func died() -> TrainingSymptom? {
    guard let latest, loss(count) > Self.nothing else { return nil }
    if latest.now.motions.allSatisfy({ $0.gradient == 0 }), !latest.now.motions.isEmpty,
      latest.before.motions.allSatisfy({ $0.gradient == 0 })
    {
      let dead = latest.now.units.first { $0.idleShare == 1 }
      return .died(
        position: dead?.position, name: dead?.name ?? "", isRectifier: dead?.isRectifier ?? false)
    }
    for (before, now) in zip(latest.before.units, latest.now.units) {
      let least = now.isRectifier ? 1 : 0.99
      guard now.idleShare >= least, before.idleShare >= least else { continue }
      if !now.isRectifier, !hasLostGradient(latest.now) { continue }
      return .died(position: now.position, name: now.name, isRectifier: now.isRectifier)
    }
    return nil
  }

  /// Whether the first layer gets next to nothing of what the last one gets.
  private func hasLostGradient(_ entry: TrainingDiary.Entry) -> Bool {
    guard let first = entry.motions.first, let last = entry.motions.last, entry.motions.count > 1
    else { return false }
    return first.gradient < 1e-3 * last.gradient
  }

  private func diverged() -> TrainingSymptom? {
    let now = loss(count)
    guard count >= 3, now > 2 * loss(1) + Self.nothing, now > loss(count - 1),
      let best = losses.map(\.loss).min(), now > 4 * best + Self.nothing
    else { return nil }
    let fastest = fastest
    return .diverged(
      best: best, loss: now, layer: fastest?.layer ?? 1,
      relativeStep: fastest?.relativeStep ?? .nan)
  }

  /// The layer that moves most.
  private var fastest: TrainingDiary.Motion? {
    diary.entries.last?.motions.max { $0.relativeStep < $1.relativeStep }
  }

  private func stands() -> TrainingSymptom? {
    let reach = min(50, max(6, count / 3))
    guard count >= reach else { return nil }
    let (now, first) = (loss(count), loss(count - reach + 1))
    guard now > Self.nothing, abs(first - now) < 5e-3 * abs(first) else { return nil }
    let window = losses.suffix(reach).map(\.loss)
    guard let fastest, let least = window.min(), let most = window.max(),
      most - least < 1e-2 * most, let ignorant = ignorant(), now > 0.9 * ignorant
    else { return nil }
    if fastest.relativeStep < 1e-4, now < loss(1) {
      return .isTooSlow(loss: now, layer: fastest.layer, relativeStep: fastest.relativeStep)
    }
    return .stalls(loss: now, since: count - reach + 1, ignorant: ignorant)
  }

  private func overfits() -> TrainingSymptom? {
    guard !isStoppedEarly, count >= 8, let now = validation.last?.loss, now.isFinite else {
      return nil
    }
    var (best, epoch) = (Double.infinity, 0)
    for (index, measured) in validation.enumerated() where measured.loss < best {
      (best, epoch) = (measured.loss, index + 1)
    }
    guard epoch > 0, count - epoch >= max(5, count / 4), now > 1.25 * best,
      loss(count) < 0.7 * loss(epoch),
      // Little beside what there is to lose is not worth a word.
      now > best + 0.05 * (ignorant() ?? best)
    else { return nil }
    return .overfits(since: epoch, best: best, loss: now)
  }
}

extension Trainer {
  /// What is wrong with the training after the latest epoch; nil where nothing is, and after epochs
  /// that the diary leaves out, so that a long training is not judged over and over.
  package func symptom() -> TrainingSymptom? {
    let first = state.historyBefore
    guard history.count > first, TrainingDiary.hasEntry(history.count - first) else { return nil }
    return TrainingJudge(
      losses: history.training[first...], validation: history.validation[first...],
      diary: watch.diary, isStoppedEarly: options.patience != nil,
      ignorant: { self.ignorantLoss }
    ).symptom()
  }
}
