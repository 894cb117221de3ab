using Pagoda.Generation;
using Pagoda.Generation.Guidance;
using Pagoda.Models.Clip;
using Pagoda.Torch;

namespace Pagoda.Cli.Commands.Generate;

/// <summary>The critics that a command was given, loaded.</summary>
internal sealed class LoadedCritics : IDisposable
{
    private readonly List<LoadedClip> _clips = [];

    /// <param name="sources">Names or paths with weights; null for none.</param>
    /// <param name="device">Where to.</param>
    public LoadedCritics(IEnumerable<(string Source, double Weight)>? sources, Device device)
    {
        if (sources is null)
        {
            return;
        }

        var all = new List<Critic>();
        try
        {
            foreach (var (source, weight) in sources)
            {
                _clips.Add(ClipLoader.Load(source, device));
                all.Add(Critic.Of(_clips[^1], weight));
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        All = all;
    }

    /// <summary>The critics; null where none were given.</summary>
    public IReadOnlyList<Critic>? All { get; }

    /// <summary>Reads <c>NAME[:weight],…</c>.</summary>
    /// <exception cref="UsageException">A weight is not above 0, or a name is missing.</exception>
    public static IReadOnlyList<(string Source, double Weight)> Parse(string text)
    {
        try
        {
            return Critic.ParseNames(text);
        }
        catch (GenerationException problem)
        {
            throw new UsageException($"--critic {text}: {problem.Message}");
        }
    }

    public void Dispose() => _clips.ForEach(clip => clip.Dispose());
}
