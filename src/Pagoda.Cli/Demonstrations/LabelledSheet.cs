using Pagoda.Formats.Images;

namespace Pagoda.Cli.Demonstrations;

/// <summary>A table of equal pictures on white: a label of up to two lines above each column, a line of text above each row.</summary>
/// <param name="columns">The columns' labels.</param>
/// <param name="cell">Side of a picture on the sheet in pixels.</param>
internal sealed class LabelledSheet(IReadOnlyList<string> columns, int cell)
{
    private const int Gap = 8;
    private const int Zoom = 2;
    private const int Line = (BitmapFont.Height * Zoom) + Gap;
    private readonly List<(string Text, IReadOnlyList<Picture> Pictures)> _rows = [];

    /// <summary>Adds a row of pictures of one size, which the cell is a multiple of.</summary>
    public void Add(string text, IReadOnlyList<Picture> pictures) => _rows.Add((text, pictures));

    /// <summary>The sheet as RGB.</summary>
    public Picture Draw()
    {
        const int Header = (3 * Gap) + (2 * Line);
        var width = Gap + (columns.Count * (cell + Gap));
        var height = Header + (_rows.Count * (Line + cell + Gap));
        var sheet = new Picture(width, height, 3, new byte[width * height * 3]);
        sheet.Pixels.AsSpan().Fill(255);
        for (var column = 0; column < columns.Count; column++)
        {
            var (left, top) = (Gap + (column * (cell + Gap)), Gap);
            foreach (var line in columns[column].Split('\n'))
            {
                Write(sheet, line, left + Math.Max(0, (cell - (BitmapFont.Measure(line) * Zoom)) / 2), top, 0);
                top += Line;
            }
        }

        for (var row = 0; row < _rows.Count; row++)
        {
            var top = Header + (row * (Line + cell + Gap));
            Write(sheet, _rows[row].Text, Gap, top, 96);
            for (var column = 0; column < _rows[row].Pictures.Count; column++)
            {
                Put(sheet, _rows[row].Pictures[column].ToRgb(), Gap + (column * (cell + Gap)), top + Line);
            }
        }

        return sheet;
    }

    private void Put(Picture sheet, Picture picture, int left, int top)
    {
        for (var y = 0; y < cell; y++)
        {
            for (var x = 0; x < cell; x++)
            {
                var from = ((y * picture.Height / cell * picture.Width) + (x * picture.Width / cell)) * 3;
                picture.Pixels.AsSpan(from, 3).CopyTo(sheet.Pixels.AsSpan((((top + y) * sheet.Width) + left + x) * 3));
            }
        }
    }

    private static void Write(Picture sheet, string text, int left, int top, byte grey) => BitmapFont.Draw(text, (x, y) =>
    {
        for (var v = top + (y * Zoom); v < top + ((y + 1) * Zoom); v++)
        {
            for (var u = left + (x * Zoom); u < left + ((x + 1) * Zoom) && u < sheet.Width; u++)
            {
                sheet.Pixels.AsSpan(((v * sheet.Width) + u) * 3, 3).Fill(grey);
            }
        }
    });
}
