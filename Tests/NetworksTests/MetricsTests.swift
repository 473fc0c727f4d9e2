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

  @Test func schedules() {
    #expect(Schedule.constant(0.1).rate(epoch: 9) == 0.1)
    let cosine = Schedule.cosine(rate: 1, final: 0, epochs: 4)
    #expect(abs(cosine.rate(epoch: 2) - 0.5) < 1e-12)
    #expect(cosine.rate(epoch: 4) < 1e-12 && cosine.rate(epoch: 0) == 1)
    #expect(Schedule.stepDecay(rate: 1, factor: 0.5, every: 3).rate(epoch: 7) == 0.25)
    let warm = Schedule.warmup(epochs: 3, then: .constant(1))
    #expect((0..<4).map { warm.rate(epoch: $0) } == [0.25, 0.5, 0.75, 1])
  }
}
