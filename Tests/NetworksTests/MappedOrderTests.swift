import Testing

@testable import Networks
@testable import Tensors

/// The order of rows that are read from a disk.
@Suite struct MappedOrderTests {
  @Test(arguments: [1, 7, 1000, 30_000], [4, 1 << 14, 3 << 19])
  func everyRowComesOnce(_ rows: Int, _ width: Int) {
    var generator = RandomGenerator(seed: 5)
    let order = Batches.runs(rows, width: width, &generator)
    #expect(order.sorted() == Array(0..<rows))
    var again = RandomGenerator(seed: 5)
    #expect(Batches.runs(rows, width: width, &again) == order)
  }

  /// What is read together lies together: a window of the order holds rows of few runs.
  @Test func neighboursComeFromFewRuns() {
    var generator = RandomGenerator(seed: 6)
    // 1,024 rows a run, 64 runs a window.
    let order = Batches.runs(1 << 18, width: 1 << 10, &generator)
    let window = order.prefix(1 << 16)
    #expect(Set(window.map { $0 >> 10 }).count == 64)
    #expect(Array(window) != window.sorted())
  }
}
