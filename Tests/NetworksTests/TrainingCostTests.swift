import Testing

@testable import Networks

/// What a step is said to cost on several ranks.
@Suite struct TrainingCostTests {
  private func cost(chunks: [Int], rows: Int = 2048) -> TrainingCost {
    TrainingCost(
      numbers: chunks.reduce(0, +), numberBytes: 4, chunks: chunks, rows: rows, blockRows: 128,
      multiplyAdds: 1e6, activationBytes: 4096, states: 1, aloneSeconds: 0.16, blockSeconds: 0.01,
      rowSeconds: 0.01 / 128, sumBandwidth: 2e10, processors: 4)
  }

  private static let slow = TrainingCost.Network("slow", latency: 1e-5, bandwidth: 1e9)
  private static let ranks = [2, 3, 4, 8, 16]

  /// What is sent when the backward pass has ended is waited for.
  @Test(arguments: ranks) func oneChunkIsWaitedFor(_ ranks: Int) {
    let step = cost(chunks: [1_000_000]).step(ranks: ranks, on: Self.slow)
    #expect(step.hidden < 1e-12)
    #expect(step.exchange >= Double(step.bytes) / Self.slow.bandwidth)
    #expect(step.total == step.arithmetic + step.sums + step.exchange)
  }

  /// As many numbers in chunks: what is not waited for goes on beside the backward pass.
  @Test(arguments: ranks) func chunksTravelBesideTheBackwardPass(_ ranks: Int) {
    let whole = cost(chunks: [1_000_000]).step(ranks: ranks, on: Self.slow)
    let parts = cost(chunks: [Int](repeating: 100_000, count: 10)).step(ranks: ranks, on: Self.slow)
    #expect(parts.hidden > 0)
    #expect(parts.exchange < whole.exchange)
    // More messages, each with its latency, and otherwise the same.
    #expect(parts.exchange + parts.hidden >= whole.exchange)
    #expect(parts.exchange + parts.hidden <= whole.exchange + 0.01)
    // No more is hidden than there is time for.
    #expect(parts.hidden <= 2.0 / 3 * 0.01)
  }

  /// Ranks of one machine share what one process measured there.
  @Test(arguments: ranks) func oneMachineIsNotSeveral(_ ranks: Int) {
    let cost = cost(chunks: [500_000, 500_000])
    let network = TrainingCost.Network("here", isOneMachine: true, latency: 1e-6, bandwidth: 4e9)
    let step = cost.step(ranks: ranks, on: network)
    #expect(step.hidden == 0)
    #expect(step.arithmetic >= cost.step(ranks: 1, on: network).arithmetic - 1e-12)
    #expect(cost.speedUp(ranks: ranks, on: network) < 1)
    #expect(cost.speedUp(ranks: ranks, on: Self.slow) > 1)
  }
}
