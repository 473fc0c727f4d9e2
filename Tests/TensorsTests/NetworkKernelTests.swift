import CKernels
import Foundation
import Testing

@testable import Tensors

/// The trainer's kernels beside their formulas.
@Suite struct NetworkKernelTests {
  private func numbers(_ count: Int, seed: UInt64, scale: Double = 1) throws -> [Float] {
    var generator = RandomGenerator(seed: seed)
    return try generator.normal(Shape(checking: [count]), deviation: scale).withFloats { Array($0) }
  }

  @Test func softmaxCrossEntropy() throws {
    let (rows, columns) = (300, 11)
    let logits = try numbers(rows * columns, seed: 1, scale: 3)
    var targets = [Float](repeating: 0, count: rows * columns)
    for row in 0..<rows { targets[row * columns + row % columns] = 1 }
    var gradient = [Float](repeating: 0, count: rows * columns)
    var losses = [Float](repeating: 0, count: rows)
    var correct = 0
    let status = nnsh_softmax_cross_entropy_rows(
      logits, targets, rows, columns, 0.5, &gradient, &losses, &correct)
    #expect(status == 0)
    let x = try Tensor(logits, Shape(checking: [rows, columns]))
    let y = try Tensor(targets, Shape(checking: [rows, columns]))
    let expected = try Tensor.apply(.multiply, Tensor.apply(.subtract, x.softmax(), y), 0.5)
    expectEqual(try Tensor(gradient, x.shape), expected, tolerance: 1e-6)
    expectEqual(try Tensor(losses), try x.crossEntropyFromLogits(y), tolerance: 1e-5)
    let agree = try Tensor.apply(.equal, x.argmax(axis: 1), y.argmax(axis: 1))
    #expect(try agree.reduce(.sum).item == Double(correct))
    // In place, as the trainer calls it.
    var own = logits
    own.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      _ = nnsh_softmax_cross_entropy_rows(base, targets, rows, columns, 0.5, base, nil, nil)
    }
    #expect(own == gradient)
  }

  /// Rows of every length, in blocks and pieces of blocks, beside sums in Float64.
  @Test(arguments: [1, 2, 3, 7, 8, 10, 15, 16, 17, 33, 63, 64, 65, 100, 257, 300])
  func rowsOfEveryLength(_ columns: Int) throws {
    let rows = 1 + 2100 / columns
    let logits = try numbers(rows * columns, seed: 5, scale: 20)
    var targets = try numbers(rows * columns, seed: 6).map { abs($0) }
    // A row of one 1, and one whose target lies nowhere.
    for column in 0..<columns { targets[column] = column == columns / 2 ? 1 : 0 }
    for column in 0..<columns { targets[(rows - 1) * columns + column] = 0 }
    var expected = (gradient: [Double](), losses: [Double](), correct: 0, softmax: [Double]())
    for row in 0..<rows {
      let z = logits[row * columns..<(row + 1) * columns].map(Double.init)
      let y = targets[row * columns..<(row + 1) * columns].map(Double.init)
      let largest = z.max() ?? 0
      let powers = z.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      let weight = y.reduce(0, +)
      expected.softmax += powers.map { $0 / sum }
      expected.gradient += zip(powers, y).map { 0.5 * ($0 / sum * weight - $1) }
      let inner = zip(z, y).reduce(0.0) { $0 + $1.1 * ($1.0 - largest) }
      expected.losses.append(weight * log(sum) - inner)
      // Of equal numbers the first counts.
      if z.firstIndex(of: largest) == y.firstIndex(of: y.max() ?? 0) { expected.correct += 1 }
    }
    var gradient = [Float](repeating: 0, count: rows * columns)
    var losses = [Float](repeating: 0, count: rows)
    var correct = 0
    _ = nnsh_softmax_cross_entropy_rows(
      logits, targets, rows, columns, 0.5, &gradient, &losses, &correct)
    #expect(correct == expected.correct)
    let scale = Double(columns).squareRoot()
    for (value, wanted) in zip(gradient, expected.gradient) {
      #expect(abs(Double(value) - wanted) <= 2e-6 * (scale + abs(wanted)))
    }
    for (value, wanted) in zip(losses, expected.losses) {
      #expect(abs(Double(value) - wanted) <= 1e-5 * max(1, abs(wanted)))
    }
    let x = try Tensor(logits, Shape(checking: [rows, columns]))
    for (value, wanted) in zip(try x.softmax().doubles(), expected.softmax) {
      #expect(abs(value - wanted) <= 1e-6)
    }
    for (value, wanted) in zip(try x.cast(to: .f64).softmax().doubles(), expected.softmax) {
      #expect(abs(value - wanted) <= 1e-14)
    }
  }

  /// What is not finite stays in its row.
  @Test(arguments: [4, 80]) func notFiniteRowsAreApart(_ columns: Int) throws {
    var logits = [Float](repeating: 0, count: 5 * columns)
    logits[columns] = .nan
    for column in 0..<columns { logits[2 * columns + column] = -.infinity }
    logits[3 * columns + 1] = .infinity
    logits[4 * columns + 2] = -.infinity
    let p = try Tensor(logits, Shape(checking: [5, columns])).softmax().doubles()
    #expect(p[..<columns].allSatisfy { abs($0 - 1 / Double(columns)) < 1e-7 })
    #expect(p[columns..<4 * columns].filter(\.isNaN).count >= 2 * columns)
    #expect(p[4 * columns + 2] == 0 && abs(p[(4 * columns)...].reduce(0, +) - 1) < 1e-6)
    // A target that is 0 where the logit is −∞ costs nothing.
    var targets = [Float](repeating: 0, count: 5 * columns)
    targets[4 * columns] = 1
    var losses = [Float](repeating: 0, count: 5)
    _ = nnsh_softmax_cross_entropy_rows(logits, targets, 5, columns, 1, nil, &losses, nil)
    #expect(losses[4].isFinite && losses[1].isNaN)
  }

  @Test func columnSums() throws {
    let (rows, columns, stride) = (1003, 301, 305)
    let values = try numbers(rows * stride, seed: 2)
    var sums = [Float](repeating: 2, count: columns)
    nnsh_column_sums(values, rows, columns, stride, 0.5, &sums)
    for column in [0, 255, 256, 300] {
      let exact = (0..<rows).reduce(1.0) { $0 + Double(values[$1 * stride + column]) }
      #expect(abs(Double(sums[column]) - exact) < 1e-4)
    }
    sums = [Float](repeating: .nan, count: columns)
    nnsh_column_sums(values, 0, columns, stride, 0, &sums)
    #expect(sums.allSatisfy { $0 == 0 })
  }

  @Test func updates() throws {
    let count = 50_001
    let weights = try numbers(count, seed: 3)
    let gradient = try numbers(count, seed: 4)
    let velocity = try numbers(count, seed: 5)
    for nesterov in [false, true] {
      var (w, v) = (weights, velocity)
      nnsh_update_f32(
        Int32(nesterov ? nnsh_rule_nesterov : nnsh_rule_momentum), &w, &v, nil, gradient, count,
        [0.1, 0.9, 0.01, 0, 0, 0, 0, 0])
      for i in [0, 777, count - 1] {
        let g = 0.1 * (gradient[i] + 0.01 * weights[i])
        let next = 0.9 * velocity[i] + g
        #expect(abs(v[i] - next) < 1e-5)
        #expect(abs(w[i] - (weights[i] - (nesterov ? 0.9 * next + g : next))) < 1e-5)
      }
    }
    let squares = velocity.map { $0 * $0 }
    for decoupled in [false, true] {
      var (w, m, s) = (weights, velocity, squares)
      nnsh_update_f32(
        Int32(nnsh_rule_adam), &w, &m, &s, gradient, count,
        [
          Float(0.01 / (1 - pow(0.9, 3))), 0.9, 0.999, 1e-8, decoupled ? 0 : 0.1,
          decoupled ? 1 - 0.01 * 0.1 : 1, Float(1 / (1 - pow(0.999, 3)).squareRoot()), 0,
        ])
      for i in [0, 777, count - 1] {
        let g = Double(gradient[i]) + (decoupled ? 0 : 0.1 * Double(weights[i]))
        let first = 0.9 * Double(velocity[i]) + 0.1 * g
        let second = 0.999 * Double(squares[i]) + 0.001 * g * g
        let step =
          0.01 * first / (1 - pow(0.9, 3)) / ((second / (1 - pow(0.999, 3))).squareRoot() + 1e-8)
        let kept = Double(weights[i]) * (decoupled ? 1 - 0.01 * 0.1 : 1)
        #expect(abs(Double(w[i]) - (kept - step)) < 1e-4)
      }
    }
    var (w, s) = (weights, squares)
    nnsh_update_f32(
      Int32(nnsh_rule_rmsprop), &w, &s, nil, gradient, count, [0.01, 0.9, 1e-8, 0, 0, 0, 0, 0])
    let second = 0.9 * squares[7] + 0.1 * gradient[7] * gradient[7]
    #expect(abs(w[7] - (weights[7] - 0.01 * gradient[7] / (second.squareRoot() + 1e-8))) < 1e-5)
    var masked = gradient
    nnsh_relu_mask(&masked, weights, count)
    #expect(zip(masked, zip(gradient, weights)).allSatisfy { $0 == ($1.1 > 0 ? $1.0 : 0) })
  }

  @Test func rowsAndHalves() throws {
    let values = try numbers(40, seed: 6)
    var rows = [Float](repeating: 0, count: 12)
    nnsh_gather_rows(values, [9, 0, 9], 3, 4, &rows)
    #expect(rows == Array(values[36...]) + Array(values[..<4]) + Array(values[36...]))
    var halves = [UInt16](repeating: 0, count: 5)
    nnsh_f32_to_bf16([1, 1.00390625, -.infinity, .nan, 3.4e38], &halves, 5)
    // 1 + 2⁻⁸ lies halfway between two numbers and goes to the even one.
    #expect(halves[0] == 0x3f80 && halves[1] == 0x3f80 && halves[2] == 0xff80)
    #expect(halves[3] & 0x7fff > 0x7f80 && halves[4] == 0x7f80)
    #expect(nnsh_first_nonfinite_f32(values, 40) == -1)
    var broken = values
    broken[33] = .infinity
    broken[38] = .nan
    #expect(nnsh_first_nonfinite_f32(broken, 40) == 33)
    #expect(nnsh_first_nonfinite_f32(broken, 0) == -1)
  }
}
