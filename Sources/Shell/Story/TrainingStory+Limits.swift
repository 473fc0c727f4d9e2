import Console
import Networks
import Platform
import Tensors

/// What limited the training. A marker alone is no verdict: where two causes would look alike, a
/// paired run without the one decides.
extension TrainingStory {
  /// What limited it most; nil where nothing did that is known here.
  func limit() throws -> LimitFinding? {
    if let found = try constantInputs() ?? leak() { return found }
    if diary.ending == .notFinite || !trained.loss.isFinite { return try explosion() }
    // Of a loss of one's own it may not be known how good it could become.
    guard trained.isMeasured else { return nil }
    guard hasLearnt else { return try obstacles() }
    // Answers may be right that the loss still holds for unsure.
    if trained.fit ?? 1 < 0.75, let found = try lastLayer() { return found }
    return generalizes ? try balance() : try generalization()
  }

  /// Why it has not learnt the very rows that it was given: those first whose removal costs least to
  /// try and which the others would follow from.
  private func obstacles() throws -> LimitFinding? {
    let candidates: [() throws -> LimitFinding?] = [
      frozenLayers, lastLayer, scale, order, initialization, idleUnits, penalty,
      dropout, activations, vanishing, balance, rate, capacity, labels,
    ]
    for candidate in candidates {
      try Interrupt.check()
      if let found = try candidate() { return found }
    }
    return nil
  }

  func finding(
    _ limit: TrainingLimit, _ evidence: String, _ remedy: String? = nil
  ) -> LimitFinding {
    LimitFinding(limit: limit, evidence: evidence, remedy: remedy)
  }

  /// A marker, and a run without what it marks that comes out much better.
  func decided(
    _ limit: TrainingLimit, _ marker: String, by run: PairedRun?, _ change: String,
    _ remedy: String?
  ) -> LimitFinding? {
    guard let run, run.isMuchBetter else { return nil }
    return finding(limit, "\(marker); \(change): \(run.words)", remedy)
  }
}
