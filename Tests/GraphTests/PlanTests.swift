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
