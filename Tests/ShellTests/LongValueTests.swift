import Language
import Tensors
import Testing

@testable import Console
@testable import Plot
@testable import Shell

/// Millions of numbers: drawn as they would be one by one, and left at once when asked to.
@Suite struct LongValueTests {
  @Test func aThinnedCurveLooksTheSame() throws {
    var numbers: [Double] = []
    for place in 0..<300_000 {
      let jitter = Double(place * 7919 % 1000) / 1000
      numbers.append(jitter + Double(place) / 100_000)
    }
    numbers[123_456] = 40
    numbers.replaceSubrange(200_000..<210_000, with: repeatElement(Double.nan, count: 10_000))
    let thinned = try Chart.Curve("", thinning: NumberBlocks(numbers))
    #expect(thinned.y.count < 50_000)
    func lines(_ curve: Chart.Curve) -> [String] {
      Chart(panels: [.init(curves: [curve])])
        .lines(width: 80, height: 12, paint: Paint(isOn: false))
    }
    #expect(lines(thinned) == lines(Chart.Curve("", y: numbers)))
  }

  @Test func aShortCurveKeepsEveryPoint() throws {
    let numbers = (0..<1024).map { Double($0 % 3) }
    let curve = try Chart.Curve("", first: 1, thinning: NumberBlocks(numbers))
    #expect(curve.y == numbers && curve.x.first == 1 && curve.x.last == 1024)
  }

  @Test func lookingAtLongValuesStops() async {
    await #expect(processExitsWith: .success) {
      let tensor = try Tensor.sequence(from: 0, step: 1, count: 1_000_000)
      let matrix = try Tensor.zeros([1000, 1001])
      let blocks = try NumberBlocks(tensor)
      let looks: [(String, () throws -> Void)] = [
        ("describe", { _ = try ValueDescription(.tensor(Box(tensor))) }),
        ("plot", { _ = try Chart.Curve("", thinning: blocks) }),
        ("histogram", { _ = try Histogram(blocks, in: 0...1e6, bins: 9) }),
        (
          "show",
          {
            _ = try TerminalImage(
              averaging: NumberBlocks(matrix), rows: 1000, columns: 1001, toFit: 80)
          }
        ),
      ]
      Interrupt.request()
      for (name, look) in looks {
        #expect(throws: TensorError.interrupted, "\(name)") { try look() }
      }
      Interrupt.clear()
      for (_, look) in looks { try look() }
    }
  }

  @Test func aLargePictureIsAveraged() throws {
    let numbers = (0..<60_200).map { (place: Int) -> Double in
      place % 97 == 0 ? Double.nan : Double(place * 31 % 1009)
    }
    let whole = TerminalImage(values: numbers, rows: 200, columns: 301)
    let fitted = try TerminalImage(
      averaging: NumberBlocks(numbers), rows: 200, columns: 301, toFit: 80)
    #expect(fitted.pixels == whole.fitted(rows: 80, columns: 80).pixels)
  }
}
