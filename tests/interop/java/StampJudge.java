import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Security;
import java.util.Arrays;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampToken;

/**
 * BouncyCastle's own classes for time stamps (RFC 3161) as a judge: `answer QUERY REPLY AUTHORITY` is an answer to that
 * request by that authority (DER), `cms FILE AUTHORITY` a CMS whose signature it stamped. Exit code 0 or 1.
 */
public final class StampJudge {
  private StampJudge() {}

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    try {
      if (arguments[0].equals("answer")) {
        answer(read(arguments[1]), read(arguments[2]), read(arguments[3]));
      } else {
        cms(read(arguments[1]), read(arguments[2]));
      }
    } catch (Exception error) {
      System.err.println("failed: " + error);
      throw new Judges.Refused();
    }
  }

  private static void answer(byte[] query, byte[] reply, byte[] authority) throws Exception {
    TimeStampResponse response = new TimeStampResponse(reply);
    response.validate(new TimeStampRequest(query));
    token(response.getTimeStampToken(), authority);
  }

  private static void cms(byte[] encoded, byte[] authority) throws Exception {
    CMSSignedData signed = new CMSSignedData(encoded);
    SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
    Attribute attribute =
        signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
    TimeStampToken token =
        new TimeStampToken(ContentInfo.getInstance(attribute.getAttrValues().getObjectAt(0)));
    token(token, authority);
    String hash = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
    byte[] digest = MessageDigest.getInstance(hash, "BC").digest(signer.getSignature());
    if (!Arrays.equals(digest, token.getTimeStampInfo().getMessageImprintDigest())) {
      throw new IllegalStateException("the time stamp is on another signature");
    }
  }

  private static void token(TimeStampToken token, byte[] authority) throws Exception {
    X509CertificateHolder holder = new X509CertificateHolder(authority);
    token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder));
    System.out.println("ok: " + token.getTimeStampInfo().getGenTime().toInstant());
  }

  private static byte[] read(String file) throws Exception {
    return Files.readAllBytes(Path.of(file));
  }
}
