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

  /// The width and height of a picture in pixels, where none is given.
  package static func usualSize(panels: Int) -> (width: Int, height: Int) {
    (panels > 1 ? 1000 : 720, 450)
  }

  /// What gnuplot is told; the picture comes out on its standard output.
  package static func script(for chart: Chart, format: Format) -> String {
    let panels = chart.panels
    let size = chart.size ?? usualSize(panels: panels.count)
    var text = "WIDTH = \(size.width)\nHEIGHT = \(size.height)\n" + format.terminalChoice + "\n"
    // All data first: what follows is then short enough for the pipe, whatever gnuplot does
    // meanwhile.
    for (index, panel) in panels.enumerated() { text += data(of: panel, index) }
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
      let title = alone ? chart.title : panel.title
      text +=
        panel.heat.map { commands($0, panel, index, title: title) }
        ?? commands(panel, index, title: title)
    }
    return text + (panels.count > 1 ? "unset multiplot\n" : "")
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
