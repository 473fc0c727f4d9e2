import Testing

@testable import Console
@testable import Plot

/// Points, bars, heat maps and axes other than the usual ones.
@Suite struct ChartKindTests {
  private let plain = Paint(isOn: false)

  private func lines(_ panel: Chart.Panel, width: Int = 40, height: Int = 8) -> [String] {
    Chart(panels: [panel]).lines(width: width, height: height, paint: plain)
  }

  @Test func logarithmicAxesHaveDecades() {
    let axis = Axis(
      covering: [0.01, 1000], aimingAt: 6, padded: false, Chart.Scale(isLogarithmic: true))
    #expect(axis.ticks.count == 6 && axis.share(0.01) == 0 && axis.share(1000) == 1)
    #expect(abs(axis.share(10) - 0.6) < 1e-12)
    #expect(axis.place(-1) == nil && axis.place(1e9) == nil)
  }

  @Test(
    arguments: [
      [], [.nan], [-1, 0], [1, 1], [1e-308, 1e308], [2.3e-308, 1], [0.5, 0.6], [.infinity, 3],
    ] as [[Double]])
  func logarithmicAxesBearAnyNumbers(_ values: [Double]) {
    for padded in [true, false] {
      let axis = Axis(
        covering: values, aimingAt: 5, padded: padded, Chart.Scale(isLogarithmic: true))
      #expect(axis.lower > 0 && axis.lower < axis.upper && axis.upper.isFinite)
      for tick in axis.ticks { #expect((0...1).contains(axis.share(tick))) }
    }
  }

  @Test func limitsCutCurves() {
    let curve = Chart.Curve("", x: [0, 10], y: [0, 10])
    let panel = Chart.Panel(
      curves: [curve], x: Chart.Scale(limits: 2...4), y: Chart.Scale(limits: 0...20))
    let drawn = lines(panel)
    #expect(drawn.last?.hasSuffix("4") == true && drawn.last?.contains("2") == true)
    // The line climbs from 2 to 4 of 20: it stays in the lower rows.
    #expect(drawn.prefix(5).allSatisfy { !$0.contains { ("\u{2801}"..."\u{28FF}").contains($0) } })
  }

  @Test func barsStandOnZero() {
    let bars = Chart.Curve("", x: [0, 1], y: [2, -1], style: .bars(width: 0.8))
    let drawn = lines(Chart.Panel(curves: [bars], categories: ["up", "down"]))
    #expect(drawn.last?.contains("up") == true && drawn.last?.contains("down") == true)
    #expect(drawn.contains { $0.hasPrefix(" 0 ┤") } && drawn.contains { $0.hasPrefix("-1 ┤") })
    let script = Gnuplot.script(
      for: Chart(panels: [Chart.Panel(curves: [bars], categories: ["it's", "b"])]), format: .svg)
    #expect(script.contains("with boxes") && script.contains("'it''s' 0"))
  }

  @Test func manyPointsAreThinned() throws {
    let x = (0..<1_000_000).map { Double($0 % 1000) }
    let y = (0..<1_000_000).map { Double($0 / 1000 % 1000) }
    let dots = try Chart.Curve(dots: "", x: x, y: y, thinnedTo: (100, 100))
    #expect(dots.x.count <= 102 * 102 && dots.x.count >= 100 * 100)
    let line = try Chart.Curve("", x: x, y: y, thinnedTo: 500)
    #expect(line.x.count <= 6 * 501)
    #expect(line.x.max() == 999 && line.y.max() == 999 && line.y.min() == 0)
    let gap = try Chart.Curve("", x: x, y: y.map { $0 == 500 ? .nan : $0 }, thinnedTo: 500)
    #expect(gap.y.contains { $0.isNaN })
  }

  @Test func heatMapsAreAveraged() throws {
    let numbers = NumberBlocks((0..<3_000_000).map { Double($0 % 1500) })
    let heat = try HeatMap(numbers, rows: 2000, columns: 1500)
    #expect(heat.values.count <= 512 && heat.values[0].count <= 512)
    let gaps = try HeatMap(NumberBlocks([1, .nan, .nan, 2]), rows: 2, columns: 2)
    #expect(gaps.range == 1...2 && gaps.values[0][1].isNaN)
    let flat = try HeatMap(NumberBlocks([3, 3]), rows: 1, columns: 2)
    #expect(flat.range.lowerBound < 3 && flat.range.upperBound > 3)
    let text = lines(Chart.Panel(curves: [], heat: gaps)).joined(separator: "\n")
    #expect(text.contains("2×2   1 ") && text.hasSuffix("2"))
    let script = Gnuplot.script(
      for: Chart(panels: [Chart.Panel(curves: [], heat: gaps)]), format: .png)
    #expect(script.contains("1.0 NaN") && script.contains("with image"))
  }

  @Test func curvesBeyondSixDiffer() {
    let curves = (0..<20).map { Chart.Curve("c\($0)", y: [0, Double($0)]) }
    let text = lines(Chart.Panel(curves: curves), width: 100, height: 20).joined()
    for marker in "ox+*#@%&$=" { #expect(text.contains("─\(marker)─")) }
    #expect(Set(Paint.curves).count >= 12)
    let script = Gnuplot.script(for: Chart(panels: [.init(curves: curves)]), format: .png)
    #expect(script.contains("dt 3") && script.contains("set key outside"))
  }

  @Test func aChartHasTheSizeAskedFor() {
    let chart = Chart(panels: [.init(curves: [.init("", y: [1, 2])])], size: (30, 5))
    let drawn = chart.lines(width: 200, height: 50, paint: plain)
    #expect(drawn.count == 7 && drawn.allSatisfy { $0.count <= 30 })
    #expect(Gnuplot.script(for: chart, format: .png).hasPrefix("WIDTH = 30\nHEIGHT = 5\n"))
  }
}
