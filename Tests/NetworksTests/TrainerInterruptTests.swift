import Testing

@testable import Networks
@testable import Tensors

/// What an interruption leaves of a training.
extension TrainerTests {
  /// In a process of its own, as all that ask for a stop: the request is one for all threads, and
  /// would end the tests beside it.
  @Test func interruptStopsAtAStepBoundary() async {
    await #expect(processExitsWith: .success) {
      let sample = try Sample(rows: 20, features: 5, classes: 3)
      let start = try network([try Dense(outputs: 4), try Dense(outputs: 3), Softmax()])
      let run = try trainer(start, sample.data(), TrainingOptions())
      Interrupt.request()
      #expect(try run.run().ending == .interrupted(epoch: 1, step: 0))
    }
  }

  /// A full batch in several pieces: the stop need not wait for the last of them.
  @Test func aStepOfManyPiecesIsUndone() async {
    await #expect(processExitsWith: .success) {
      let sample = try Sample(rows: 3000, features: 20, classes: 3)
      var options = TrainingOptions()
      options.batch = .full
      options.epochs = 3
      let start = try network([try Dense(outputs: 1000), try Dense(outputs: 3), Softmax()])
      let run = try trainer(start, sample.data(), options)
      let before = try run.trained().parameters.map { $0.tensor.doubles() }
      #expect(
        try run.run(delegate: StopperInStep()).ending == .interrupted(epoch: 1, step: 0))
      Interrupt.clear()
      let kept = try run.trained()
      #expect(kept.parameters.map { $0.tensor.doubles() } == before)
      let resumed = try Trainer(resuming: kept)
      #expect(try resumed.run().ending == .finished)
      let whole = try trainer(kept, sample.data(), options)
      #expect(try whole.run().ending == .finished)
      #expect(
        try resumed.trained().parameters.map { $0.tensor.doubles() }
          == whole.trained().parameters.map { $0.tensor.doubles() })
    }
  }

  /// Parameters so large that tensors of their size are made in pieces, and a softmax that is a
  /// stage of its own: nothing of a step, and nothing of the saving, may be stopped half way.
  @Test func whatAnInterruptReachedIsKept() async {
    await #expect(processExitsWith: .success) {
      let sample = try Sample(rows: 400, features: 784, classes: 100)
      var options = TrainingOptions()
      options.batch = .rows(200)
      options.loss = .meanSquaredError
      options.epochs = 5
      options.shuffle = false
      let start = try network([try Dense(outputs: 1000), try Dense(outputs: 100), Softmax()])
      let run = try trainer(start, sample.data(), options)
      let stopper = Stopper()
      let outcome = try run.run(delegate: stopper)
      #expect(Interrupt.isRequested && outcome.ending != .finished)
      let kept = try run.trained()
      Interrupt.clear()
      #expect(kept.unfinished != nil && kept.parameters[0].tensor.count == 784_000)
      #expect(try Trainer(resuming: kept).run().ending == .finished)
      // In the middle of a step, as when the key is pressed there.
      let other = try trainer(start, sample.data(), options)
      Interrupt.request()
      try other.takeStep(rate: 0.1)
      Interrupt.clear()
      #expect(other.state.step == 1)
    }
  }
}

/// Asks for a stop as soon as a step is about to begin, too late for it not to.
private final class StopperInStep: TrainingDelegate {
  var wantsToStop: Bool {
    Interrupt.request()
    return false
  }
  func trainingDidProgress(_ progress: TrainingProgress) {}
}

/// Asks for a stop, as Ctrl-C does, when it is first told how far the training is.
private final class Stopper: TrainingDelegate {
  func trainingDidProgress(_ progress: TrainingProgress) { Interrupt.request() }
}
