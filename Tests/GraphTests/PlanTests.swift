import Graph
import Operations
import Tensors
import Testing

/// What a plan computes, and what it leaves out.
struct PlanTests {
  /// A layer with a bias and a rectifier: its loss, and its weights.
  private func record(_ tape: Tape, rows: Int = 4) throws -> (Variable, [Variable]) {
    let x = Variable(try Tensor.full(Shape(checking: [rows, 3]), 0.5, .f32))
    let weights = tape.watch(try Tensor.full([3, 2], 0.25, .f32))
    let bias = tape.watch(try Tensor.full([2], -0.1, .f32))
    let h = try Variable.relu(.matmul(x, weights) + bias)
    return (try .mean(h * h), [weights, bias])
  }

  private func plan(_ tape: Tape, _ loss: Variable, _ watched: [Variable]) throws -> Plan {
    let deferral = try #require(tape.deferral)
    return try Plan(
      deferral, loss: #require(deferral.index(of: loss)),
      watched: watched.compactMap { deferral.index(of: $0) })
  }

  @Test func givesTheGradientsOfATape() throws {
    let plain = Tape()
    let (loss, weights) = try record(plain)
    let expected = try plain.sweep(from: loss, to: weights).map { $0.tensor.doubles() }
    let tape = Tape.deferring()
    let (deferred, watched) = try record(tape)
    let plan = try plan(tape, deferred, watched)
    let result = try plan.run(#require(tape.deferral))
    #expect(result.gradients.map { $0?.doubles() } == expected)
    #expect(result.loss.item == loss.tensor.item)
  }

  @Test func putsElementwiseNeighboursTogether() throws {
    let tape = Tape.deferring()
    let (loss, watched) = try record(tape)
    let summaries = try plan(tape, loss, watched).summaries
    #expect(
      summaries.contains { $0.operations == ["+", "relu"] || $0.operations == ["add", "relu"] })
    #expect(summaries.filter { $0.operations == ["matmul"] }.count == 2)
    #expect(!summaries.contains { $0.isUnplanned })
  }

  @Test func tellsHowLongValuesAreKept() throws {
    let tape = Tape.deferring()
    let (loss, watched) = try record(tape)
    let plan = try plan(tape, loss, watched)
    #expect(plan.lifetimes.count == plan.summaries.count)
    for (step, lifetime) in plan.lifetimes.enumerated() {
      if case .until(let reader)? = lifetime { #expect(reader > step) }
    }
    // The loss and the gradients of the weights and of the bias.
    #expect(plan.lifetimes.filter { $0 == .result }.count == 3)
  }

  @Test func isRecognisedByItsShapes() throws {
    let tape = Tape.deferring()
    let (loss, watched) = try record(tape)
    let plan = try plan(tape, loss, watched)
    for (rows, matches) in [(4, true), (5, false)] {
      let other = Tape.deferring()
      let (loss, watched) = try record(other, rows: rows)
      let deferral = try #require(other.deferral)
      #expect(
        plan.matches(
          deferral, loss: try #require(deferral.index(of: loss)),
          watched: watched.compactMap { deferral.index(of: $0) }) == matches)
    }
  }

  @Test func partsChoicesAndExtremesDoNotCutTheGraph() throws {
    let first = try Tensor.full([4, 3], 0.5, .f32)
    let second = try Tensor(
      doubles: (0..<12).map { Double($0) / 7 - 1 }, [4, 3], elementType: .f32)
    let mask = try Tensor.apply(.greater, second, 0)
    func loss(_ w: Variable) throws -> Variable {
      let row = try Variable.subscripted(w, [.at(-1)])
      let changed = try Variable.assigned(w, at: [.slice(start: 1, stop: 3, step: 1)], row)
      let chosen = try Variable.where(mask, changed, w * 2)
      let joined = try Variable.concatenate([.clip(chosen, -0.9, 0.9), w], axis: 0)
      return try .sum(joined * joined) + .max(joined) + .norm(w) + .variance(joined)
    }
    let cache = PlanCache()
    for values in [first, second, first] {
      let plain = Tape()
      let x = plain.watch(values)
      let expected = try plain.sweep(from: loss(x), to: [x])[0].tensor.doubles()
      let tape = cache.tape(isAlone: true) ?? Tape()
      let w = tape.watch(values)
      let result = try loss(w)
      if let deferral = tape.deferral {
        #expect(deferral.values.filter { $0 != nil }.count == 1)
      }
      #expect(try cache.gradients(tape, of: result, to: [w])[0].tensor.doubles() == expected)
    }
  }

  @Test func aRecordingThatLeavesThePatternIsWhole() throws {
    let tape = Tape.deferring()
    let (loss, watched) = try record(tape)
    let plan = try plan(tape, loss, watched)
    let other = Tape.deferring(following: plan.pattern)
    let (same, weights) = try record(other)
    let deferral = try #require(other.deferral)
    let index = try #require(deferral.index(of: same))
    let places = weights.compactMap { deferral.index(of: $0) }
    #expect(plan.matches(deferral, loss: index, watched: places))
    #expect(try plan.run(deferral).loss.item == loss.tensor.item)
    let more = try same * 2
    #expect(!plan.matches(deferral, loss: index, watched: places))
    #expect(more.tensor.item == loss.tensor.item.map { 2 * $0 })
    #expect(try other.sweep(from: more, to: weights).map(\.count) == [6, 2])
  }

  /// The squared length of a gradient, as a penalty on gradients has it; with three levels, that of
  /// this loss's own gradient.
  private func gradientPenalty(_ w: Variable, levels: Int = 2) throws -> Variable {
    let inner = Tape()
    let x = inner.watch(w)
    let value =
      try levels > 2
      ? gradientPenalty(x, levels: levels - 1) : .sum(.tanh(x * x) * .sigmoid(x))
    let slope = try inner.sweep(from: value, to: [x])[0]
    return try .sum(slope * slope) + .mean(w)
  }

  @Test(arguments: [2, 3]) func derivativesOfDerivativesAreReplayed(_ levels: Int) throws {
    func points(_ turn: Int) throws -> Tensor {
      try Tensor(
        doubles: (0..<6).map { Double($0 + turn) / 5 - 0.7 }, [2, 3], elementType: .f32)
    }
    var plan: Plan?
    for turn in 0..<4 {
      let plain = Tape()
      let x = plain.watch(try points(turn))
      let expected = try plain.sweep(from: gradientPenalty(x, levels: levels), to: [x])[0]
      let tape = Tape.deferring(following: plan?.pattern)
      let w = tape.watch(try points(turn))
      let loss = try gradientPenalty(w, levels: levels)
      let deferral = try #require(tape.deferral)
      let index = try #require(deferral.index(of: loss))
      // The inner gradient waits for the plan with all the rest.
      #expect(deferral.values.filter { $0 != nil }.count == 1)
      if let plan { #expect(plan.matches(deferral, loss: index, watched: [0])) }
      let made = try plan ?? Plan(deferral, loss: index, watched: [0])
      #expect(!made.summaries.contains { $0.isUnplanned })
      let found = try made.run(deferral).gradients[0]
      #expect(found?.doubles() == expected.tensor.doubles())
      plan = made
      tape.close()
    }
  }

  @Test func valuesThatOutliveTheTapeStay() throws {
    let cache = PlanCache()
    var seen: [Double?] = []
    for turn in 0..<3 {
      let tape = cache.tape(isAlone: true) ?? Tape()
      let w = tape.watch(try Tensor.full([2], Double(turn), .f32))
      let doubled = try w * 2
      let loss = try Variable.sum(doubled * doubled)
      _ = try cache.gradients(tape, of: loss, to: [w])
      seen += [try Variable.sum(doubled).tensor.item, loss.tensor.item]
    }
    #expect(seen == [0, 0, 4, 8, 8, 32])
  }
}
