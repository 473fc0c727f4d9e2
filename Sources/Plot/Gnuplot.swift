/// Charts as pictures in files, drawn by gnuplot.
package struct Gnuplot {
  /// The kinds of file, by the end of their names.
  package enum Format: String, Sendable, CaseIterable {
    case png, svg, pdf

    /// The format of a path; nil where its ending is none of these.
    package init?(path: String) {
      guard let dot = path.lastIndex(of: "."),
        let format = Format(rawValue: path[path.index(after: dot)...].lowercased())
      else { return nil }
      self = format
    }

    /// What a whole picture ends with.
    var lastWord: String {
      switch self {
      case .png: "IEND"
      case .svg: "</svg>"
      case .pdf: "%%EOF"
      }
    }

    /// Chooses the terminal, by what this gnuplot was built with.
    var terminalChoice: String {
      switch self {
      case .png:
        """
        if (strstrt(GPVAL_TERMINALS, ' pngcairo') > 0) {
          set terminal pngcairo noenhanced size WIDTH, HEIGHT font 'sans,11'
        } else {
          set terminal png noenhanced truecolor size WIDTH, HEIGHT
        }
        """
      case .svg: "set terminal svg noenhanced size WIDTH, HEIGHT font 'sans,12' background 'white'"
      case .pdf:
        """
        if (strstrt(GPVAL_TERMINALS, ' pdfcairo') > 0) {
          set terminal pdfcairo noenhanced size WIDTH/110.0, HEIGHT/110.0 font 'sans,10'
        } else {
          set terminal pdf noenhanced size WIDTH/110.0, HEIGHT/110.0
        }
        """
      }
    }
  }

  /// What gnuplot is told; the picture comes out on its standard output.
  package static func script(for chart: Chart, format: Format) -> String {
    let panels = chart.panels
    let width = panels.count > 1 ? 1000 : 720
    var text = "WIDTH = \(width)\nHEIGHT = 450\n" + format.terminalChoice + "\n"
    // All data first: what follows is then short enough for the pipe, whatever gnuplot does
    // meanwhile.
    for (panel, content) in panels.enumerated() {
      for (curve, points) in content.curves.enumerated() {
        text +=
          "$data\(panel)_\(curve) << NNSH_END_OF_DATA\n" + table(points) + "NNSH_END_OF_DATA\n"
        text +=
          "$dots\(panel)_\(curve) << NNSH_END_OF_DATA\n" + dots(points) + "NNSH_END_OF_DATA\n"
      }
    }
    text += """
      set border 3 lc rgb '#404040'
      set tics nomirror
      set grid lc rgb '#dddddd' lt 1
      set key noenhanced top right

      """
    if panels.count > 1 {
      let title = chart.title.isEmpty ? "" : " title \(quoted(chart.title))"
      text += "set multiplot layout 1,\(panels.count)\(title)\n"
    }
    for (index, panel) in panels.enumerated() {
      let alone = panels.count == 1 && !chart.title.isEmpty
      text += commands(panel, index, title: alone ? chart.title : panel.title)
    }
    return text + (panels.count > 1 ? "unset multiplot\n" : "")
  }

  private static let colors = ["#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#d62728", "#17becf"]

  private static func commands(_ panel: Chart.Panel, _ index: Int, title: String) -> String {
    var text = title.isEmpty ? "unset title\n" : "set title \(quoted(title))\n"
    text += "set xlabel \(quoted(panel.xLabel))\nset ylabel \(quoted(panel.yLabel))\n"
    let rising = panel.curves.allSatisfy { ($0.y.last ?? 0) > ($0.y.first ?? 0) }
    text += "set key \(rising ? "bottom" : "top") right\n"
    let plots = panel.curves.enumerated().flatMap { number, curve in
      let title = curve.name.isEmpty ? "notitle" : "title \(quoted(curve.name))"
      let color = "lc rgb '\(colors[number % colors.count])'"
      let runs = curve.runs
      let isolated = runs.contains { $0.count == 1 }
      let joined = runs.contains { $0.count > 1 }
      let line = "$data\(index)_\(number) using 1:2 with lines lw 2 \(color) \(title)"
      let points = "$dots\(index)_\(number) using 1:2 with points pt 7 \(color) "
      return (joined ? [line] : [])
        + (isolated ? [points + (joined ? "notitle" : title)] : [])
    }
    return text + "plot " + plots.joined(separator: ", ") + "\n"
  }

  private static func table(_ curve: Chart.Curve) -> String {
    var text = ""
    var isBroken = false
    for (x, y) in zip(curve.x, curve.y) {
      if x.isFinite, y.isFinite {
        text += "\(x) \(y)\n"
        isBroken = false
      } else if !isBroken {
        // An empty line interrupts the curve.
        text += "\n"
        isBroken = true
      }
    }
    return text
  }

  /// The points that no line reaches, which would be invisible.
  private static func dots(_ curve: Chart.Curve) -> String {
    curve.runs.filter { $0.count == 1 }.joined().map { "\($0.x) \($0.y)\n" }.joined()
  }

  /// A string of gnuplot's that nothing in it can end: quotes doubled, line breaks gone.
  ///
  /// Three quotes in a row are not read as a quote and what follows it, so a quote at the beginning
  /// is a string of its own, joined to the rest.
  static func quoted(_ text: String) -> String {
    if text.hasPrefix("'") { return "\"\\047\" . " + quoted(String(text.dropFirst())) }
    var result = "'"
    for character in text {
      if character == "'" {
        result += "''"
      } else if character.isNewline || character.asciiValue.map({ $0 < 32 }) == true {
        result += " "
      } else {
        result.append(character)
      }
    }
    return result + "'"
  }
}
