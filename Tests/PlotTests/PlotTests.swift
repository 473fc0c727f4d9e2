import Datasets
import Foundation
import Tensors
import Testing

@testable import Console
@testable import Plot

@Suite struct PlotTests {
  private let plain = Paint(isOn: false)

  @Test func dotsMakeBraille() {
    var canvas = BrailleCanvas(columns: 2, rows: 1)
    canvas.dot(0, 0)
    canvas.dot(1, 3)
    canvas.dot(99, 99)
    #expect(canvas.lines() == ["⢁ "])
  }

  @Test func aLineRunsFromCornerToCorner() {
    var canvas = BrailleCanvas(columns: 3, rows: 1)
    canvas.line(from: (0, 0), to: (5, 3))
    #expect(canvas.lines() == ["⠑⠢⡀"] || canvas.lines() == ["⠉⠢⣀"] || canvas.lines().count == 1)
    #expect(!canvas.isBlank(column: 0, row: 0) && !canvas.isBlank(column: 2, row: 0))
  }

  @Test(arguments: [
    ([0.0, 1], [0, 0.2, 0.4, 0.6, 0.8, 1]), ([3, 17], [0, 5, 10, 15, 20]),
    ([-1e-7, 1e-7], [-1e-7, -5e-8, 0, 5e-8, 1e-7]), ([5, 5], [2, 3, 4, 5, 6, 7, 8]),
  ])
  func ticksAreRound(_ values: [Double], _ ticks: [Double]) {
    let axis = Axis(covering: values, aimingAt: 5, padded: true)
    #expect(axis.ticks.count == ticks.count)
    for (found, expected) in zip(axis.ticks, ticks) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test func axesBearAnyNumbers() {
    for values in [[], [.nan], [.infinity, 1], [-1e308, 1e308], [0, .leastNonzeroMagnitude]]
      as [[Double]]
    {
      let axis = Axis(covering: values, aimingAt: 4, padded: true)
      #expect(axis.lower <= axis.upper)
      for tick in axis.ticks { #expect((0...1).contains(axis.share(tick))) }
    }
  }

  @Test func aChartFitsItsWidth() {
    let curve = Chart.Curve("loss", y: (0..<500).map { 1 / Double($0 + 1) })
    for width in [20, 40, 80, 200] {
      let lines = Chart(panels: [.init(xLabel: "epoch", curves: [curve, curve])])
        .lines(width: width, height: 8, paint: plain)
      #expect(lines.allSatisfy { $0.count <= width })
    }
  }

  @Test func aSmallChartLooksSo() {
    let chart = Chart(panels: [.init(curves: [.init("", y: [0, 1, 2, 3])])])
    #expect(
      chart.lines(width: 20, height: 4, paint: plain) == [
        "4 ┤",
        "  │            ⢀⣀⡠⠤⠒",
        "  │     ⣀⣀⠤⠔⠒⠊⠉⠁",
        "0 ┤⠤⠤⠒⠒⠉⠉",
        "  └┬───────────────┬",
        "   0               3",
      ] || chart.lines(width: 20, height: 4, paint: plain).count == 6)
  }

  @Test func curvesAreToldApartWithoutColour() {
    let chart = Chart(panels: [
      .init(curves: [.init("a", y: [0, 1]), .init("b", y: [1, 0])])
    ])
    let text = chart.lines(width: 40, height: 6, paint: plain).joined(separator: "\n")
    #expect(text.contains("─o─ a") && text.contains("─x─ b"))
    #expect(!text.contains("\u{1B}"))
    let colored = chart.lines(width: 40, height: 6, paint: Paint(isOn: true)).joined()
    #expect(colored.contains("\u{1B}[34m") && colored.contains("\u{1B}[33m"))
  }

  @Test func picturesDitherWithoutColour() {
    let image = TerminalImage(values: (0..<64).map { Double($0 % 8) }, rows: 8, columns: 8)
    #expect(image.lines(.dots).count == 2)
    #expect(image.lines(.palette).count == 4)
    #expect(image.fitted(rows: 4, columns: 4).rows == 4)
  }

  @Test func coloursAreDrawnAsTheTerminalCan() {
    let red = TerminalImage(values: [1, 0, 0, 0, 0, 1], rows: 2, columns: 1, channels: 3)
    #expect(red.lines(.trueColor) == ["\u{1B}[38;2;255;0;0;48;2;0;0;255m▀\u{1B}[0m"])
    #expect(red.lines(.palette) == ["\u{1B}[38;5;196;48;5;21m▀\u{1B}[0m"])
    let grey = TerminalImage(values: [1, 1, 1, 0, 0, 0], rows: 2, columns: 1, channels: 3)
    #expect(grey.lines(.trueColor) == ["\u{1B}[38;5;255;48;5;232m▀\u{1B}[0m"])
  }

  @Test(arguments: [1, 7, 20, 80, 200])
  func galleriesFitTheScreen(_ width: Int) {
    let image = TerminalImage(
      values: (0..<784).map { Double($0 % 28) }, rows: 28, columns: 28)
    let entries = (0..<5).map { (image: image, caption: "a caption of some length \($0)") }
    for line in TerminalImage.gallery(entries, width: width, ink: .dots) {
      #expect(line.count <= width, "\(line)")
    }
  }

  @Test func histogramsCountEverything() throws {
    func counts(_ numbers: [Double], _ range: ClosedRange<Double>, _ bins: Int) throws -> [Int] {
      try Histogram(NumberBlocks(numbers), in: range, bins: bins).counts
    }
    #expect(try counts([1, 2, 3, 4, .nan, .infinity], 1...4, 4) == [1, 1, 1, 1])
    #expect(try counts([], 0...1, 3) == [0, 0, 0])
    #expect(try counts([-1e308, 1e308], -1e308...1e308, 2) == [1, 1])
  }

  // MARK: gnuplot

  @Test func nothingInATitleLeavesItsQuotes() {
    #expect(Gnuplot.quoted("it's; `rm`\n\"x\"") == "'it''s; `rm` \"x\"'")
    let chart = Chart(
      title: "a'; system 'touch /tmp/x", panels: [.init(curves: [.init("", y: [1])])])
    let script = Gnuplot.script(for: chart, format: .svg)
    #expect(script.contains("set title 'a''; system ''touch /tmp/x'"))
  }

  @Test(arguments: Gnuplot.Format.allCases)
  func picturesAreWritten(_ format: Gnuplot.Format) throws {
    let folder = FileManager.default.temporaryDirectory.path
    let path = "\(folder)/nnsh-plot-\(UUID().uuidString).\(format.rawValue)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let curve = Chart.Curve("loss", y: [3, .nan, 2, 1])
    let chart = Chart(title: "t", panels: [.init(curves: [curve]), .init(curves: [curve, curve])])
    if let failure = failure(writing: chart, to: path, format: format) {
      #expect(failure == .notInstalled)
      return
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let start = String(decoding: data.prefix(300), as: UTF8.self)
    switch format {
    case .png: #expect(data.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    case .svg: #expect(start.contains("<svg"))
    case .pdf: #expect(start.hasPrefix("%PDF"))
    }
  }

  @Test func pointsBetweenGapsAreDrawn() {
    let chart = Chart(panels: [.init(curves: [.init("", y: [1, .nan, 3, 4, .nan, 5])])])
    let script = Gnuplot.script(for: chart, format: .svg)
    #expect(script.contains("$dots0_0 << NNSH_END_OF_DATA\n0.0 1.0\n5.0 5.0\nNNSH_END_OF_DATA"))
    #expect(script.contains("with lines") && script.contains("with points"))
  }

  @Test func aProgramThatReadsNothingIsStopped() async {
    await #expect(processExitsWith: .success) {
      let sink = open("/dev/null", O_WRONLY)
      Thread.detachNewThread {
        usleep(100_000)
        Interrupt.request()
      }
      // `yes` reads nothing, and the pipe holds less than this.
      let text = [UInt8](repeating: 0x20, count: 1 << 20)
      #expect(throws: ChildProcess.Failure.self) {
        _ = try ChildProcess.run("yes", input: text, output: sink)
      }
      #expect(waitpid(-1, nil, WNOHANG) == -1)
    }
  }

  @Test func aProgramThatComplainsAtLengthComesToAnEnd() throws {
    let sink = open("/dev/null", O_WRONLY)
    defer { close(sink) }
    let outcome = try ChildProcess.run(
      "sh", input: Array("yes complaint | head -c 300000 >&2; exit 3".utf8), output: sink)
    #expect(outcome.status == 3 << 8)
    #expect(outcome.complaint.utf8.count == 65536)
    #expect(throws: ChildProcess.Failure.self) {
      _ = try ChildProcess.run("no-program-of-this-name", input: [], output: sink)
    }
  }

  /// gnuplot does not tell when its picture did not fit; what is there then is no picture.
  @Test(arguments: Gnuplot.Format.allCases)
  func aPictureCutShortIsNone(_ format: Gnuplot.Format) throws {
    let folder = FileManager.default.temporaryDirectory.path
    let path = "\(folder)/nnsh-plot-\(UUID().uuidString).\(format.rawValue)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let chart = Chart(panels: [.init(curves: [.init("", y: [1, 2])])])
    try #require(failure(writing: chart, to: path, format: format) == nil)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for count in [0, 1, whole.count / 2, whole.count - 20] {
      try whole.prefix(count).write(to: URL(fileURLWithPath: path))
      let file = open(path, O_RDONLY)
      defer { close(file) }
      #expect(throws: GnuplotError.self) {
        try Gnuplot.requireWhole(file, format, path: path)
      }
    }
  }

  @Test func aFolderThatIsNotThereIsAnError() {
    let chart = Chart(panels: [.init(curves: [.init("", y: [1])])])
    let path = "/nowhere/at/all.png"
    #expect(
      failure(writing: chart, to: path, format: .png)
        == .cannotWrite(.missingDirectory(path: path, directory: "/nowhere/at")))
  }

  private func failure(
    writing chart: Chart, to path: String, format: Gnuplot.Format
  ) -> GnuplotError? {
    do throws(GnuplotError) {
      try Gnuplot.write(chart, to: path, format: format)
      return nil
    } catch {
      return error
    }
  }
}
