import Foundation
import Testing

@testable import Tensors

@Suite struct ReductionTests {
  @Test func longSumsStayAccurate() throws {
    let tenth = try Tensor.full([3_000_000], 0.1)
    let exact = Double(Float(0.1)) * 3_000_000
    #expect(abs((try tenth.reduce(.sum).item ?? 0) / exact - 1) < 1e-7)
    #expect(try tenth.reduce(.mean).item == Double(Float(0.1)))
    let tall = try tenth.reshaped([300_000, 10]).reduce(.sum, axes: [0])
    for value in tall.doubles() { #expect(abs(value / (exact / 10) - 1) < 1e-7) }
    let offset = try Tensor([1e8, 1e8 + 8, 1e8 + 16] as [Float])
    #expect(abs((try offset.variance().item ?? 0) - 128.0 / 3) < 1e-3)
    #expect(try tenth.argmax().item == 0)
  }

  @Test func notANumberWins() throws {
    for count in [3, 40, 70_000] {
      for type in [ElementType.f32, .f64] {
        var values = [Double](repeating: 1, count: count)
        values[count / 2] = .nan
        values[count - 1] = 5
        let x = try Tensor(doubles: values, elementType: type)
        for reduction in [Reduction.sum, .mean, .min, .max, .prod, .norm] {
          #expect(try x.reduce(reduction).item?.isNaN == true, "\(reduction)")
          let column = try x.reshaped([-1, 1]).broadcast(to: [count, 3])
          let columns = try column.reduce(reduction, axes: [0])
          let all = columns.doubles().allSatisfy(\.isNaN)
          #expect(all, "\(reduction)")
        }
        #expect(try x.argmax().item == Double(count / 2))
        #expect(try x.argmin().item == Double(count / 2))
        #expect(try x.reduce(.any).item == 1 && x.reduce(.all).item == 1)
        let sorted = try x.sorted().doubles()
        #expect(sorted[count - 1].isNaN && sorted[count - 2] == 5)
      }
    }
    let infinite = try Tensor([-.infinity, .infinity, 1] as [Float])
    #expect(try infinite.reduce(.max).item == .infinity)
    #expect(try infinite.reduce(.min).item == -.infinity)
    #expect(try infinite.reduce(.sum).item?.isNaN == true)
    let lowest = try Tensor([-.infinity, -.infinity] as [Float])
    #expect(try lowest.argmax().item == 0)
  }

  @Test func extremesOfColumns() throws {
    var generator = RandomGenerator(seed: 19)
    let x = try generator.integers(below: 40, [50, 700])
    let columns = try x.transposed().contiguous()
    expectEqual(try x.argmax(axis: 0), try columns.argmax(axis: 1))
    expectEqual(try x.argmin(axis: 0), try columns.argmin(axis: 1))
    for reduction in Reduction.allCases {
      expectEqual(
        try x.reduce(reduction, axes: [0]), try columns.reduce(reduction, axes: [1]),
        tolerance: 1e-6, "\(reduction)")
    }
    let odd = try Tensor([1, .nan, .nan, 2, 0, 3] as [Float], [3, 2])
    #expect(try odd.argmax(axis: 0).doubles() == [1, 0])
  }

  @Test func emptyTensors() throws {
    let empty = try Tensor.zeros([0])
    #expect(try empty.reduce(.sum).item == 0)
    #expect(try empty.reduce(.prod).item == 1)
    #expect(try empty.reduce(.mean).item?.isNaN == true)
    #expect(try empty.reduce(.any).item == 0 && empty.reduce(.all).item == 1)
    #expect(error { () throws(TensorError) in try empty.reduce(.max) } == .emptyReduction("max"))
    #expect(error { () throws(TensorError) in try empty.reduce(.min) } == .emptyReduction("min"))
    #expect(error { () throws(TensorError) in try empty.argmax() } == .emptyReduction("argmax"))
    let flat = try Tensor.zeros([0, 3])
    #expect(try flat.reduce(.sum, axes: [0]).doubles() == [0, 0, 0])
    #expect(try flat.reduce(.max, axes: [1]).shape == [0])
    #expect(error { () throws(TensorError) in try flat.reduce(.max, axes: [0]) } != nil)
    #expect(try empty.sorted().shape == [0] && empty.unique().shape == [0])
    #expect(try empty.cumulativeSum().shape == [0])
    #expect(try Tensor.apply(.exp, empty).shape == [0])
    #expect(try flat.transposed().softmax().shape == [3, 0])
    #expect(try empty.bincount().shape == [0])
    #expect(try empty.variance().item?.isNaN == true)
    #expect(try Tensor.concatenate([empty, empty]).shape == [0])
  }

  @Test func sortingIsStable() throws {
    for count in [10, 1000, 60_000] {
      let values = (0..<count).map { Float(($0 * 7919) % 13) - 6 }
      let order = try Tensor(values).argsorted().doubles().map { Int($0) }
      let expected = (0..<count).sorted { (values[$0], $0) < (values[$1], $1) }
      #expect(order == expected)
    }
    let zeros = try Tensor([0, -0.0, -1, 0] as [Double])
    #expect(try zeros.argsorted().doubles() == [2, 0, 1, 3])
    #expect(try Tensor.scalar(3).sorted().item == 3)
  }

  @Test func scalarsAndAxes() throws {
    let x = try Tensor.scalar(3)
    #expect(try x.reduce(.sum).item == 3)
    #expect(try x.reduce(.max, keepDimensions: true).shape == .scalar)
    let y = try Tensor.sequence(from: 0, step: 1, count: 6).reshaped([2, 3])
    #expect(try y.reduce(.sum, axes: []).doubles() == y.doubles())
    #expect(try y.transposed().reduce(.sum, axes: [0]).doubles() == [3, 12])
    #expect(try y.argmax(keepDimensions: true).shape == [1, 1])
    #expect(try y.argmax(axis: 1, keepDimensions: true).shape == [2, 1])
    #expect(
      error { () throws(TensorError) in try y.reduce(.sum, axes: [2]) }
        == .axisOutOfRange(axis: 2, rank: 2))
    #expect(
      error { () throws(TensorError) in try Tensor([-1] as [Float]).bincount() } == .notCounts(-1))
    #expect(error { () throws(TensorError) in try y.bincount() } != nil)
    #expect(error { () throws(TensorError) in try Tensor([.nan] as [Float]).bincount() } != nil)
  }

  @Test func softmaxOfExtremeRows() throws {
    let x = try Tensor([1e30, -1e30, 3e38, -3e38, 0, 0] as [Float], [3, 2])
    #expect(try x.softmax().doubles() == [1, 0, 1, 0, 0.5, 0.5])
    let lowest = try Tensor([-.infinity, 0, -.infinity, -.infinity] as [Float], [2, 2])
    let result = try lowest.softmax().doubles()
    #expect(result[0] == 0 && result[1] == 1 && result[2].isNaN && result[3].isNaN)
    let target = try Tensor([0, 1] as [Float], [1, 2])
    #expect(try lowest.rows(0..<1).crossEntropyFromLogits(target).doubles() == [0])
    #expect(
      error { () throws(TensorError) in try x.crossEntropyFromLogits(target) }
        == .sameShape(operation: "cross_entropy", [1, 2], [3, 2]))
  }
}
