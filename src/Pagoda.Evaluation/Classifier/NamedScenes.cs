using Pagoda.Data;
using Pagoda.Data.Scenes;

namespace Pagoda.Evaluation.Classifier;

/// <summary>Composed scenes of one kind of thing with the emoji's name in place of a caption: samples 0, 1, 2, ... of a seed.</summary>
/// <param name="composer">What makes the scenes; scenes of two things are left out.</param>
/// <param name="seed">Which stream.</param>
internal sealed class NamedScenes(SceneComposer composer, ulong seed) : IBatchSource
{
    private long _next;

    public int Size => composer.Options.Size;

    public Batch Next(int count)
    {
        var batch = new Batch(new float[count * 3 * Size * Size], new string[count], Size);
        for (var i = 0; i < count; _next++)
        {
            var scene = composer.Plan(seed, _next);
            if (scene.Relation == Relation.None)
            {
                composer.Draw(scene, batch.Image(i));
                batch.Captions[i++] = scene.Objects[0].Emoji.Name;
            }
        }

        return batch;
    }

    public string Save() => _next.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public void Restore(string position) => _next = long.TryParse(position, System.Globalization.CultureInfo.InvariantCulture, out var next) && next >= 0
        ? next
        : throw new DataException($"\"{position}\" is no position in a stream of named scenes; begin again in another folder.");

    public void Dispose()
    {
    }
}
