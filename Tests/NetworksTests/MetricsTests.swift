import Testing

@testable import Networks
@testable import Tensors

@Suite struct MetricsTests {
  let targets: Tensor
  let predictions: Tensor

  init() throws {
    // Classes 0 0 1 1 2, taken for 0 1 1 1 0.
    targets = try Tensor(
      [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1] as [Float], [5, 3])
    predictions = try Tensor(
      [0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.1, 0.8, 0.1, 0.3, 0.4, 0.3, 0.9, 0.05, 0.05] as [Float],
      [5, 3])
  }

  @Test func accuracyAndConfusion() throws {
    #expect(try Metrics.accuracy(targets: targets, predictions: predictions) == 0.6)
    let confusion = try Metrics.confusion(targets: targets, predictions: predictions)
    #expect(confusion.doubles() == [1, 1, 0, 0, 2, 0, 1, 0, 0])
  }

  @Test func worstMistakesComeFirst() throws {
    let mistakes = try Metrics.mistakes(targets: targets, predictions: predictions)
    #expect(mistakes.map(\.row) == [4, 1])
    #expect(mistakes[0].truth == 2 && mistakes[0].guess == 0)
    #expect(abs(mistakes[0].probability - 0.05) < 1e-6)
  }

  @Test func shapesMustAgree() throws {
    #expect(throws: NetworkError.self) {
      try Metrics.accuracy(targets: targets, predictions: Tensor.zeros([4, 3]))
    }
  }

  @Test func schedules() throws {
    #expect(try Schedule.constant(0.1).rate(epoch: 9) == 0.1)
    let cosine = Schedule.cosine(rate: 1, final: 0, epochs: 4)
    #expect(abs(try cosine.rate(epoch: 2) - 0.5) < 1e-12)
    #expect(try cosine.rate(epoch: 4) < 1e-12 && cosine.rate(epoch: 0) == 1)
    #expect(try Schedule.stepDecay(rate: 1, factor: 0.5, every: 3).rate(epoch: 7) == 0.25)
    let warm = Schedule.warmup(epochs: 3, then: .constant(1))
    let warming = try (0..<4).map { try warm.rate(epoch: $0) }
    #expect(warming == [0.25, 0.5, 0.75, 1])
    #expect(try Schedule.linear(rate: 1, final: 0.5, epochs: 2).rate(epoch: 1) == 0.75)
    #expect(try Schedule.exponential(rate: 1, factor: 0.5).rate(epoch: 3) == 0.125)
    // Rises over five epochs of twenty from a 25th, as PyTorch's OneCycleLR(1, total_steps=20).
    let cycle = Schedule.oneCycle(rate: 1, epochs: 20)
    #expect(abs(try cycle.rate(epoch: 0) - 0.04) < 1e-12)
    #expect(abs(try cycle.rate(epoch: 5) - 1) < 1e-12)
    #expect(abs(try cycle.rate(epoch: 12) - 0.500002) < 1e-12)
    #expect(abs(try cycle.rate(epoch: 19) - 4e-6) < 1e-12)
    // Falls after more than one epoch without an improvement, as ReduceLROnPlateau(patience=1).
    let plateau = Schedule.plateau(rate: 1, factor: 0.5, patience: 1)
    let losses = [1, 0.9, 0.9, 0.95, 0.93, 0.8, 0.81, 0.82, 0.83, 0.84]
    let rates = try (0...losses.count).map {
      try plateau.rate(epoch: $0, after: Array(losses.prefix($0)))
    }
    #expect(rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125])
  }
}
