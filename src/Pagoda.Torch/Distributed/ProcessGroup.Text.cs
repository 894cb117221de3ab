using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Pagoda.Torch.Distributed;

public sealed partial class ProcessGroup
{
    private long _texts;

    /// <summary>Every rank's text, in the order of ranks. They travel through the store: for names, settings and reports, not for data.</summary>
    /// <exception cref="DistributedException">A rank is lost, or does not call this in time.</exception>
    public string[] AllGatherText(string text)
    {
        try
        {
            var number = _texts++;
            if (Rank != 0)
            {
                _store.Set(TextKey(number, Rank), text);
                return JsonSerializer.Deserialize<string[]>(Await(TextKey(number)))!;
            }

            var texts = new string[Size];
            texts[0] = text;
            for (var rank = 1; rank < Size; rank++)
            {
                texts[rank] = Await(TextKey(number, rank));
                _store.Delete(TextKey(number, rank));
            }

            _store.Set(TextKey(number), JsonSerializer.Serialize(texts));
            if (number > 0)
            {
                // Everyone is past the one before.
                _store.Delete(TextKey(number - 1));
            }

            return texts;
        }
        catch (TorchException problem)
        {
            throw new DistributedException(_liveness.Notice() ?? _liveness.Investigate(problem.Message), problem);
        }
    }

    /// <summary>Rank 0's text; what the others give is ignored.</summary>
    /// <exception cref="DistributedException">A rank is lost, or does not call this in time.</exception>
    public string BroadcastText(string text) => AllGatherText(Rank == 0 ? text : "")[0];

    private string Await(string key)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            Ready();
            if (_store.Get(key) is { } value)
            {
                return value;
            }

            if (waited.Elapsed > _options.CollectiveTimeout)
            {
                throw new DistributedException(_liveness.Investigate(string.Create(CultureInfo.InvariantCulture, $"the others did not answer within {_options.CollectiveTimeout.TotalSeconds:0} s.")));
            }

            // Quick while the ranks are in step, light on the store when one is behind.
            Thread.Sleep(waited.ElapsedMilliseconds < 100 ? 1 : 20);
        }
    }

    private static string TextKey(long number) => string.Create(CultureInfo.InvariantCulture, $"text/{number}");

    private static string TextKey(long number, int rank) => string.Create(CultureInfo.InvariantCulture, $"text/{number}/{rank}");
}
