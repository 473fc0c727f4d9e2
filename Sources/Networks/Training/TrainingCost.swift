import Tensors

/// What a step of a training costs on several ranks: the products of the busiest rank's rows, the
/// sums of the blocks' gradients, and their exchange.
///
/// The model is that of Hockney (1994): a message costs a latency and its bytes over the bandwidth.
/// Sums set out in chunks while the backward pass goes on, as `GradientSum` sends them; what outlasts
/// it is waited for. `Benchmarks/scaling.py` has the same formula.
package struct TrainingCost: Sendable {
  /// What joins the ranks.
  package struct Network: Sendable {
    package let name: String
    /// Whether the ranks are on one machine, whose processors they share: these also carry what the
    /// ranks send each other.
    package let isOneMachine: Bool
    /// Seconds from one program to the other.
    package let latency: Double
    /// Bytes a second that a rank sends and at the same time receives.
    package let bandwidth: Double

    package init(
      _ name: String, isOneMachine: Bool = false, latency: Double, bandwidth: Double
    ) {
      self.name = name
      self.isOneMachine = isOneMachine
      self.latency = latency
      self.bandwidth = bandwidth
    }

    /// What programs reach of each: MPI between processes of a machine, TCP over Ethernet, and
    /// InfiniBand (NVIDIA's figures for its HDR adapters, less what headers take).
    package static let known = [
      Network("one machine", isOneMachine: true, latency: 2e-6, bandwidth: 4e9),
      Network("1 Gbit Ethernet", latency: 50e-6, bandwidth: 0.117e9),
      Network("10 Gbit Ethernet", latency: 25e-6, bandwidth: 1.17e9),
      Network("200 Gbit InfiniBand", latency: 1.5e-6, bandwidth: 24e9),
    ]
  }

  /// Numbers that are trained, and the bytes of each.
  package var numbers: Int
  package var numberBytes: Int
  /// How many of them are sent together, in the order in which the backward pass ends with them.
  package var chunks: [Int]
  /// Rows of a batch, and of its blocks.
  package var rows: Int
  package var blockRows: Int
  /// Multiplications with their additions, a row.
  package var multiplyAdds: Double
  /// Bytes of activations, a row.
  package var activationBytes: Int
  /// How many numbers the optimizer remembers for each that is trained.
  package var states: Int
  /// Measured: a step of all rows in one process that shares it with nobody.
  package var aloneSeconds: Double
  /// Measured: a step of one block, and what each further row takes.
  package var blockSeconds: Double
  package var rowSeconds: Double
  /// Bytes a second in which gradients are added.
  package var sumBandwidth: Double
  /// The processors of this machine, all of which were measured at work.
  package var processors: Int

  package var blocks: Int { (rows + blockRows - 1) / blockRows }

  /// The same training with so many rows a step, as far as the measurements tell.
  package func with(rows: Int, fewestBlockRows: Int) -> TrainingCost {
    var other = self
    other.rows = rows
    other.blockRows = BlockTree.rows(ofBatch: rows, fewest: fewestBlockRows)
    other.blockSeconds = blockSeconds + Double(other.blockRows - blockRows) * rowSeconds
    other.aloneSeconds = aloneSeconds * Double(rows) / Double(max(1, self.rows))
    return other
  }

  /// How many times faster than one process so many ranks are.
  package func speedUp(ranks: Int, on network: Network) -> Double {
    aloneSeconds / step(ranks: ranks, on: network).total
  }

  /// The parts of a step, in seconds.
  package struct Step: Sendable {
    package var arithmetic: Double
    package var sums: Double
    /// What is waited for, and what of it is done while the backward pass goes on.
    package var exchange: Double
    package var hidden = 0.0
    /// Bytes that the rank sends.
    package var bytes: Int
    package var total: Double { arithmetic + sums + exchange }
  }

  /// A step of so many ranks.
  package func step(ranks: Int, on network: Network) -> Step {
    let tree = BlockTree(blocks: blocks, ranks: ranks)
    let busiest = (0..<ranks).map { tree.owned(by: $0).count }.max() ?? blocks
    let own = min(rows, busiest * blockRows)
    let arithmetic = blockSeconds + rowSeconds * Double(max(0, own - blockRows))
    // Two are read and one written.
    let once = 3 * Double(numbers * numberBytes) / sumBandwidth
    guard ranks > 1 else {
      return Step(arithmetic: arithmetic, sums: Double(blocks - 1) * once, exchange: 0, bytes: 0)
    }
    let subtrees = (0..<ranks).map { tree.subtrees(of: $0).count }
    let sums = Double(busiest - 1) * once + Double(subtrees.reduce(0, +) - 1) * once / Double(ranks)
    let (waited, hidden) = exchange(ranks, subtrees: subtrees.max() ?? 1, on: network)
    let share = Double(numbers * numberBytes) / Double(ranks)
    // What was measured had the machine's processors to itself, which ranks of one machine share.
    let crowding = network.isOneMachine ? Double(ranks) : 1
    return Step(
      arithmetic: arithmetic * crowding, sums: sums * crowding, exchange: waited, hidden: hidden,
      bytes: Int(Double(ranks - 1) * share * Double(1 + (subtrees.max() ?? 1))))
  }

  /// Every rank sends its part of each of its subtrees' sums to each other rank, a chunk as soon as the
  /// backward pass of its last block is past it, then its part of the result, and what it measured.
  ///
  /// - Parameter subtrees: the most that a rank has.
  /// - Returns: the seconds that are waited for, and those beside the backward pass.
  private func exchange(
    _ ranks: Int, subtrees: Int, on network: Network
  ) -> (waited: Double, hidden: Double) {
    let others = Double(ranks - 1)
    let share = others / Double(ranks) * Double(numberBytes) / network.bandwidth
    func sending(_ numbers: Int, times: Int) -> Double {
      Double(times) * (others * network.latency + Double(numbers) * share)
    }
    let result = chunks.reduce(others * network.latency) { $0 + sending($1, times: 1) }
    let whole = chunks.reduce(0) { $0 + sending($1, times: subtrees) }
    guard !network.isOneMachine else {
      // Nothing goes on beside arithmetic where the same processors do both.
      return ((whole + result) * max(1, Double(ranks) / Double(max(1, processors))), 0)
    }
    // Of a pass, two thirds of the multiplications are the backward one's.
    let backward = 2.0 / 3 * min(blockSeconds, rowSeconds * Double(blockRows))
    var (end, passed) = (0.0, 0)
    for chunk in chunks {
      passed += chunk
      let start = max(end, backward * Double(passed) / Double(max(1, numbers)))
      end = start + sending(chunk, times: subtrees)
    }
    let late = end - backward
    return (late + result, max(0, whole - late))
  }

  /// Bytes that a rank holds: weights, states, gradients, and the activations of its rows.
  package func memory(ranks: Int) -> Int {
    let tree = BlockTree(blocks: blocks, ranks: ranks)
    let busiest = (0..<ranks).map { tree.owned(by: $0).count }.max() ?? blocks
    var gradients = 1
    while 1 << (gradients - 1) < busiest { gradients += 1 }
    let received = ranks > 1 ? 1 : 0
    return numbers * numberBytes * (1 + states + gradients + received)
      + activationBytes * min(rows, blockRows)
  }
}

extension Trainer {
  /// What a step of a training costs, measured on this machine in about a second.
  package static func cost(
    of network: Network, data: TrainingData, options: TrainingOptions
  ) throws -> TrainingCost {
    let alone = try Trainer(network, data: data, options: options, exchange: Alone())
    let aloneSeconds = try alone.secondsOfStep()
    let exchange = Alone(isShared: true)
    let whole = try Trainer(network, data: data, options: options, exchange: exchange)
    let rows = whole.setup.cut.batchRows
    let blockRows = whole.setup.cut.blockRows(batch: rows)
    var options = options
    options.batch = .rows(blockRows)
    let one = try Trainer(network, data: data, options: options, exchange: exchange)
    let blockSeconds = try one.secondsOfStep()
    let store = whole.memory.store
    var cost = TrainingCost(
      numbers: store.update.count, numberBytes: store.update.type.size,
      chunks: whole.gradients.chunks.map(\.count), rows: rows,
      blockRows: blockRows, multiplyAdds: whole.setup.cut.multiplyAdds,
      activationBytes: whole.setup.cut.activations * store.update.type.size,
      states: options.optimizer.rule.states.count, aloneSeconds: aloneSeconds,
      blockSeconds: blockSeconds, rowSeconds: blockSeconds / Double(blockRows),
      sumBandwidth: try store.update.sumBandwidth(), processors: Threads.count)
    guard cost.blocks > 1 else { return cost }
    // Each further block spares the update; timers are not to make it dearer than the first.
    let sums = cost.step(ranks: 1, on: TrainingCost.Network.known[0]).sums
    let further = (try whole.secondsOfStep() - sums - blockSeconds) / Double(rows - blockRows)
    cost.rowSeconds = min(cost.rowSeconds, max(0.3 * cost.rowSeconds, further))
    return cost
  }

  /// The least time of several steps that change nothing to speak of.
  private func secondsOfStep() throws -> Double {
    var least = Double.infinity
    let end = clock.now + 0.2
    try Threads.limited(to: setup.cut.threads) {
      batches.begin(epoch: 0)
      var taken = 0
      while taken < 3 || clock.now < end && taken < 1000 {
        if Interrupt.isRequested { throw TensorError.interrupted }
        let start = clock.now
        state.step = taken % max(1, data.rows / setup.cut.batchRows)
        try takeStep(rate: 1e-12)
        least = min(least, clock.now - start)
        taken += 1
      }
    }
    return least
  }
}

extension FloatBuffer {
  /// Bytes a second in which another is added to it, reading and writing.
  fileprivate func sumBandwidth() throws -> Double {
    let other = try FloatBuffer(count: count, type: type)
    let sums = try FloatBuffer(count: count, type: type)
    var least = Double.infinity
    for _ in 0..<10 {
      let start = MonotonicClock.now()
      sums.row.add(other.row)
      least = min(least, MonotonicClock.now() - start)
    }
    return 3 * Double(count * type.size) / max(least, 1e-9)
  }
}
